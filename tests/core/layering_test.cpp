#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

namespace filesystem = std::filesystem;

struct Folder {
  std::string name;
  std::set<std::string> includes;  // of the other folders
};

// The library's folders from the ground up, and which of those below each includes. An edge that comes or
// goes is a change of the design: it is made here, in sight.
const std::vector<Folder> folders{
    {"core", {}},
    {"kernels", {"core"}},
    {"onednn", {"core", "kernels"}},
    {"settings", {"core"}},
    {"nn", {"core", "kernels", "onednn", "settings"}},
    {"optim", {"core", "kernels", "nn", "settings"}},
    {"data", {"core", "settings"}},
    {"tasks", {"nn", "data"}},
    {"models", {"core", "nn", "optim", "settings", "tasks"}},
    {"train", {"core", "kernels", "nn", "optim", "data", "tasks", "models"}},
    {"records", {"core", "tasks", "train"}},
    {"experiment", {"core", "nn", "onednn", "settings", "data", "tasks", "models", "train", "records"}},
    {"analysis", {"core", "nn", "tasks", "records"}},
    {"bench", {"core", "kernels", "onednn", "nn", "models", "train", "experiment", "analysis"}},
};

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

TEST_CASE("every folder of the library has its place in the layering, above all that it includes") {
  std::set<std::string> below, there;
  for (const Folder& folder : folders) {
    CAPTURE(folder.name);
    CHECK(std::ranges::includes(below, folder.includes));
    below.insert(folder.name);
  }
  for (const auto& entry :
       filesystem::directory_iterator(filesystem::path(NORMLAB_SOURCE_DIR) / "lib/normlab"))
    there.insert(entry.path().filename().string());
  CHECK(there == below);
}

TEST_CASE("the folders include what the layering says, and nothing else") {
  std::map<std::string, std::set<std::string>> found;
  for (const Include& include : includes()) {
    if (!include.header.starts_with("normlab/")) continue;
    const filesystem::path header(include.header);
    const std::string target = (++header.begin())->string();
    if (target != include.folder) found[include.folder].insert(target);
  }
  for (const Folder& folder : folders) {
    CAPTURE(folder.name);
    CHECK(found[folder.name] == folder.includes);
  }
}

TEST_CASE("only onednn/ includes oneDNN") {
  for (const Include& include : includes()) {
    CAPTURE(include.file);
    CAPTURE(include.header);
    if (include.header.find("dnnl") != std::string::npos) CHECK(include.folder == "onednn");
  }
}
