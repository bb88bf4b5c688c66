// Verdicts as JSON (docs/claims-format.md).
#pragma once

#include "normlab/claims/claims_report.h"
#include "normlab/core/json.h"

namespace normlab {

// With the schema verdicts_schema.
Json claims_json(const ClaimsReport& report);

}  // namespace normlab
