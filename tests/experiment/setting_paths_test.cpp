#include "normlab/experiment/setting_paths.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "data/idx_files.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

std::vector<std::string> choices_of(const std::string& path) {
  for (const SettingDescription& setting : list_settings()) {
    if (setting.path == path) return setting.choices;
  }
  FAIL("no setting " << path);
  return {};
}

}  // namespace

TEST_CASE("the list of settings is that of docs/experiment-format.md") {
  std::set<std::string> documented;
  const std::string page = read_file(NORMLAB_SOURCE_DIR "/docs/experiment-format.md");
  const std::string tables = page.substr(0, page.find("## A spec"));
  const std::regex row(R"(\n\| (`[^|]*`) \|)"), name("`([^`]+)`");
  for (std::sregex_iterator i(tables.begin(), tables.end(), row), end; i != end; ++i) {
    const std::string cell = (*i)[1];
    for (std::sregex_iterator j(cell.begin(), cell.end(), name); j != end; ++j) documented.insert((*j)[1]);
  }
  CHECK(documented.size() > 40);
  std::set<std::string> listed;
  for (const SettingDescription& setting : list_settings()) {
    CAPTURE(setting.path);
    CHECK(listed.insert(setting.path).second);
    // "norm" stands for "norm.name", and "budget.steps" is explained in the row of "budget".
    const std::string object = setting.path.substr(0, setting.path.find('.'));
    CHECK(documented.count(setting.path) + documented.count(setting.path + ".name") +
              documented.count(object) >
          0);
  }
  for (const std::string& path : documented) {
    CAPTURE(path);
    CHECK(listed.count(path) == 1);
  }
}

TEST_CASE("settings know the names that they choose from, whatever else is chosen") {
  CHECK(choices_of("norm") == setting_choices("norm"));
  CHECK(choices_of("norm.name") == setting_choices("norm"));
  CHECK(choices_of("model.preset") == std::vector<std::string>{"paper", "vgg"});
  CHECK(choices_of("model.input") == setting_choices("model.input"));
  CHECK(choices_of("optimizer.nesterov") == std::vector<std::string>{"true", "false"});
  CHECK(choices_of("optimizer.beta2").empty());
}
