#include "normlab/statistics/seeds_needed.h"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <stdexcept>

namespace normlab {

std::optional<Index> seeds_needed(const SeedsQuestion& question) {
  constexpr double most = 1e6;
  if (!std::isfinite(question.distance) || !(question.standard_error >= 0) ||
      !std::isfinite(question.standard_error) || !(question.fixed_error >= 0) ||
      !std::isfinite(question.fixed_error) || question.seeds < 1 ||
      !(question.level > 0 && question.level < 1) || !(question.power >= 0.5 && question.power < 1)) {
    throw std::invalid_argument("seeds_needed() needs numbers, a seed, a level below 1 and a power from 0.5");
  }
  if (question.distance <= 0) return std::nullopt;
  const boost::math::normal normal;
  const double z = boost::math::quantile(boost::math::complement(normal, question.level / 2)) +
                   boost::math::quantile(normal, question.power);
  const double room = std::pow(question.distance, 2) - std::pow(z * question.fixed_error, 2);
  if (room <= 0) return std::nullopt;
  const double ratio = z * question.standard_error / std::sqrt(room);
  const double seeds = std::ceil(static_cast<double>(question.seeds) * ratio * ratio);
  if (seeds > most) return std::nullopt;
  return std::max<Index>(2, static_cast<Index>(seeds));
}

}  // namespace normlab
