#include "normlab/statistics/proportion.h"

#include <boost/math/distributions/beta.hpp>
#include <stdexcept>

namespace normlab {

ProportionInterval clopper_pearson(Index successes, Index trials, double level) {
  if (trials < 1 || successes < 0 || successes > trials) {
    throw std::invalid_argument("a proportion needs at least one trial, and from 0 to all of them successes");
  }
  if (!(level > 0 && level < 1)) throw std::invalid_argument("a level lies between 0 and 1");
  using Beta = boost::math::beta_distribution<double>;
  const auto hits = static_cast<double>(successes), misses = static_cast<double>(trials - successes);
  return {.lower = successes == 0 ? 0 : boost::math::quantile(Beta(hits, misses + 1), level / 2),
          .upper = successes == trials
                       ? 1
                       : boost::math::quantile(boost::math::complement(Beta(hits + 1, misses), level / 2))};
}

}  // namespace normlab
