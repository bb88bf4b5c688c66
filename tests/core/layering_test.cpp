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
    {"statistics", {"core"}},
    {"kernels", {"core"}},
    {"kernels/norm", {"core", "kernels"}},
    {"kernels/recurrent", {"core", "kernels", "kernels/norm"}},
    {"onednn", {"core", "kernels"}},
    {"settings", {"core"}},
    {"nn/graph", {"core", "kernels", "settings"}},
    {"nn/norm", {"core", "kernels/norm", "settings", "nn/graph"}},
    {"nn", {"core", "kernels", "onednn", "nn/graph"}},
    {"nn/recurrent", {"core", "kernels/recurrent", "onednn", "nn/graph", "nn/norm"}},
    {"optim", {"core", "kernels", "settings", "nn/graph"}},
    {"data", {"core", "settings"}},
    {"tasks", {"nn/graph", "nn", "data"}},
    {"models", {"core", "settings", "nn/graph", "nn/norm", "nn", "nn/recurrent", "optim", "tasks"}},
    {"train", {"core", "kernels", "nn/graph", "nn/norm", "nn/recurrent", "optim", "data", "tasks", "models"}},
    {"records", {"core", "statistics", "tasks", "train"}},
    {"experiment/process", {"core", "data", "train"}},
    {"experiment/config",
     {"core", "settings", "nn/norm", "data", "tasks", "models", "train", "records", "experiment/process"}},
    {"experiment/spec", {"core", "train", "records", "experiment/config"}},
    {"experiment/run",
     {"core", "onednn", "tasks", "train", "records", "experiment/process", "experiment/config",
      "experiment/spec"}},
    {"experiment/sweep",
     {"core", "tasks", "train", "records", "experiment/process", "experiment/config", "experiment/spec",
      "experiment/run"}},
    {"experiment/tune",
     {"core", "statistics", "tasks", "train", "records", "experiment/config", "experiment/spec",
      "experiment/run", "experiment/sweep"}},
    {"analysis", {"core", "statistics", "nn/norm", "tasks", "records"}},
    {"analysis/export", {"core", "records", "analysis"}},
    {"claims",
     {"core", "nn/graph", "nn/norm", "nn", "statistics", "tasks", "train", "records", "experiment/config",
      "experiment/spec", "experiment/run", "experiment/tune", "analysis/export"}},
    {"bench",
     {"core", "statistics", "kernels", "onednn", "nn/graph", "nn/norm", "nn/recurrent", "models", "train",
      "records", "experiment/process", "experiment/config", "experiment/spec", "experiment/run"}},
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
      if (!header.empty()) found.push_back({relative.string(), relative.parent_path().string(), header});
    }
  }
  return found;
}

// Of one of the library's headers, as #include lines name it; "" of any other.
std::string folder_of(const std::string& header) {
  const std::string library = "normlab/";
  if (!header.starts_with(library)) return "";
  return filesystem::path(header.substr(library.size())).parent_path().string();
}

// What a header and its source file have in common: FOLDER/NAME.
std::string unit_of(std::string file) {
  if (file.starts_with("normlab/")) file = file.substr(std::string("normlab/").size());
  file = file.substr(0, file.rfind('.'));
  if (file.ends_with("-inl")) file = file.substr(0, file.size() - std::string("-inl").size());
  return file;
}

// Which units each unit includes.
std::map<std::string, std::set<std::string>> included_units() {
  std::map<std::string, std::set<std::string>> units;
  for (const Include& include : includes()) {
    std::set<std::string>& of_unit = units[unit_of(include.file)];
    if (!folder_of(include.header).empty() && unit_of(include.header) != unit_of(include.file))
      of_unit.insert(unit_of(include.header));
  }
  return units;
}

}  // namespace

TEST_CASE("every folder of the library has its place in the layering, above all that it includes") {
  std::set<std::string> below, there;
  for (const Folder& folder : folders) {
    CAPTURE(folder.name);
    CHECK(std::ranges::includes(below, folder.includes));
    below.insert(folder.name);
  }
  for (const Include& include : includes()) there.insert(include.folder);
  CHECK(there == below);
}

TEST_CASE("the folders include what the layering says, and nothing else") {
  std::map<std::string, std::set<std::string>> found;
  for (const Include& include : includes()) {
    const std::string target = folder_of(include.header);
    if (!target.empty() && target != include.folder) found[include.folder].insert(target);
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

TEST_CASE("no files include each other in a circle, a header and its source file taken as one") {
  std::map<std::string, std::set<std::string>> left = included_units();
  REQUIRE(left.size() > 100);
  for (bool removed = true; removed;) {
    removed = std::erase_if(left, [&](const auto& unit) {
                return std::ranges::none_of(unit.second,
                                            [&](const std::string& below) { return left.contains(below); });
              }) > 0;
  }
  for (const auto& one : left) {
    const auto& unit = one.first;
    const auto& below = one.second;
    CAPTURE(unit);
    CHECK(below.empty());
  }
}
