// The files that a run reads and writes.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "normlab/data/dataset_spec.h"

// A file of the command line, and the option or setting that names it.
struct RunFile {
  std::string field;
  std::filesystem::path path;  // empty: not asked for
};

// RequestError when something else has the file's name: a folder, a device, a pipe.
void require_regular_file(const RunFile& file);

bool is_null_device(const std::filesystem::path& path);

// The same for a file of parameters, which may be /dev/null, and when an existing file holds no parameters.
void require_parameters_file(const RunFile& file);

// All files of the run's data set that there are.
std::vector<RunFile> data_files(const normlab::DatasetSpec& dataset);

// RequestError when two files to be written are one, under whatever names, or when one is also read; devices,
// which nothing can overwrite, may be named twice.
void require_distinct_files(const std::vector<RunFile>& written, const std::vector<RunFile>& read);
