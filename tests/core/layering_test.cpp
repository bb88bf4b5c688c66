#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

namespace filesystem = std::filesystem;

// From the ground up: a folder includes itself and what stands before it.
const std::vector<std::string> layers{"core",   "kernels", "onednn",  "nn",         "optim",    "data",
                                      "models", "train",   "records", "experiment", "analysis", "bench"};

std::size_t level(const std::string& folder) {
  return static_cast<std::size_t>(std::find(layers.begin(), layers.end(), folder) - layers.begin());
}

struct Include {
  std::string file, folder, header;
};

// The name in an #include line, or "".
std::string included(const std::string& line) {
  if (line.find("#include") == std::string::npos && line.find("# include") == std::string::npos) return "";
  const std::size_t begin = line.find_first_of("<\"");
  if (begin == std::string::npos) return "";
  const std::size_t end = line.find_first_of(">\"", begin + 1);
  return line.substr(begin + 1, end - begin - 1);
}

std::vector<Include> includes() {
  const filesystem::path root = filesystem::path(NORMLAB_SOURCE_DIR) / "lib/normlab";
  std::vector<Include> found;
  for (const auto& entry : filesystem::recursive_directory_iterator(root)) {
    if (entry.path().extension() != ".h" && entry.path().extension() != ".cpp") continue;
    const filesystem::path relative = entry.path().lexically_relative(root);
    std::ifstream stream(entry.path());
    for (std::string line; std::getline(stream, line);) {
      const std::string header = included(line);
      if (!header.empty()) found.push_back({relative.string(), relative.begin()->string(), header});
    }
  }
  return found;
}

}  // namespace

TEST_CASE("every folder of the library has its place in the layering") {
  for (const auto& entry :
       filesystem::directory_iterator(filesystem::path(NORMLAB_SOURCE_DIR) / "lib/normlab")) {
    CAPTURE(entry.path().string());
    CHECK(entry.is_directory());
    CHECK(level(entry.path().filename().string()) < layers.size());
  }
}

TEST_CASE("every folder includes only itself and what stands below it") {
  const std::vector<Include> found = includes();
  REQUIRE(found.size() > 100);  // the scan sees the library
  for (const Include& include : found) {
    if (!include.header.starts_with("normlab/")) continue;
    const filesystem::path header(include.header);
    const std::string target = (++header.begin())->string();
    CAPTURE(include.file);
    CAPTURE(include.header);
    CHECK(level(target) <= level(include.folder));
  }
}

TEST_CASE("only onednn/ includes oneDNN") {
  for (const Include& include : includes()) {
    CAPTURE(include.file);
    CAPTURE(include.header);
    if (include.header.find("dnnl") != std::string::npos) CHECK(include.folder == "onednn");
  }
}
