// What a report may write beside what it prints.
#pragma once

#include <string>

#include "normlab/analysis/sweep_records.h"

namespace normlab {

// Folders, by the options of `normlab report` that name them; "" for what is not asked for.
struct ExportFolders {
  std::string tables, tensorboard;
};

// RequestError naming the option whose folder nothing can be written into. Makes no folder.
void require_room_for_exports(const ExportFolders& folders);

// Writes what is asked for, and says where it is. Throws what write_tables() and write_tensorboard() throw.
void write_exports(const ExportFolders& folders, const SweepRecords& sweep);

}  // namespace normlab
