// Small IDX files in a temporary folder, for tests to read and to break.
#pragma once

#include <fcntl.h>
#include <unistd.h>
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "files.h"
#include "normlab/core/error.h"
#include "text.h"

namespace normlab::testing {

// Sets an environment variable for one test.
class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before, was_set_ = true;
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() {
    if (was_set_) {
      ::setenv(name_, before_.c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
  std::string before_;
  bool was_set_ = false;
};

inline std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}

inline std::string images_header(std::uint32_t count, std::uint32_t height, std::uint32_t width) {
  return big_endian(0x00000803) + big_endian(count) + big_endian(height) + big_endian(width);
}

inline std::string labels_header(std::uint32_t count) {
  return big_endian(0x00000801) + big_endian(count);
}

// `count` images of height x width with different pixels everywhere, up to a shift that tells sets apart.
inline std::string images_content(std::uint32_t count, std::uint32_t height, std::uint32_t width,
                                  int shift = 0) {
  std::string content = images_header(count, height, width);
  for (std::uint32_t i = 0; i < count * height * width; ++i) {
    content += static_cast<char>((i * 7 + static_cast<std::uint32_t>(shift)) % 251);
  }
  return content;
}

// Labels 0, 1, ..., classes - 1, 0, 1, ...
inline std::string labels_content(std::uint32_t count, std::uint32_t classes) {
  std::string content = labels_header(count);
  for (std::uint32_t i = 0; i < count; ++i) content += static_cast<char>(i % classes);
  return content;
}

inline std::string gzip(std::string_view content) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, content.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

// 40 training and 10 test images of 3 x 2, 4 classes.
inline void write_image_set(const std::filesystem::path& folder) {
  write_file(folder / "train-images-idx3-ubyte", images_content(40, 3, 2));
  write_file(folder / "train-labels-idx1-ubyte", labels_content(40, 4));
  write_file(folder / "t10k-images-idx3-ubyte", images_content(10, 3, 2, 100));
  write_file(folder / "t10k-labels-idx1-ubyte", labels_content(10, 4));
}

// The message of the RequestError that `call` throws; "" when it throws none.
template <class Call>
std::string request_error(Call&& call) {
  try {
    call();
  } catch (const RequestError& error) {
    return error.what();
  }
  return "";
}

// What `call` writes to standard error.
template <class Call>
std::string standard_error_of(Call&& call) {
  TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "stderr";
  const int before = ::dup(STDERR_FILENO), caught = ::open(file.c_str(), O_WRONLY | O_CREAT, 0600);
  ::dup2(caught, STDERR_FILENO);
  call();
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(caught);
  return read_file(file);
}

}  // namespace normlab::testing
