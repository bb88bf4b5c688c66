#include "normlab/records/vocabulary.h"

#include <algorithm>

namespace normlab {

bool is_status(std::string_view name) {
  return std::find(status::all.begin(), status::all.end(), name) != status::all.end();
}

bool is_final_status(std::string_view name) {
  return is_status(name) && name != status::failed && name != status::interrupted;
}

}  // namespace normlab
