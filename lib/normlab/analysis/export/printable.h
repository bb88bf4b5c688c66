// Texts from records, for formats that are shown.
#pragma once

#include "normlab/analysis/report.h"

namespace normlab {

// A record may come from anywhere, and what it says must neither steer a terminal nor break a line of a
// table, nor fill the page.
Report with_printable_texts(Report report);

}  // namespace normlab
