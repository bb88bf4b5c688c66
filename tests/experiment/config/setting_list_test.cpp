#include "normlab/experiment/config/config_json.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "data/idx_files.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

const SettingDescription& described(const std::string& path) {
  for (const SettingDescription& setting : list_settings()) {
    if (setting.path == path) return setting;
  }
  FAIL("no setting " << path);
  return list_settings().front();
}

Names choices_of(const std::string& path) {
  return described(path).choices;
}

std::string object_of(const std::string& path) {
  return path.substr(0, path.find('.'));
}

bool listed(const std::string& path) {
  return std::ranges::any_of(list_settings(), [&](const auto& setting) { return setting.path == path; });
}

std::string joined(const Names& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "`" : ", `") + name + "`";
  return text;
}

// A row for each setting of the objects that `title` names ("optimizer schedule"), which are noted.
std::string table_of(const std::string& title, std::set<std::string>& objects) {
  std::istringstream words(title);
  const std::set<std::string> wanted{std::istream_iterator<std::string>(words), {}};
  objects.insert(wanted.begin(), wanted.end());
  std::string rows = "| setting | default | range | meaning |\n| --- | --- | --- | --- |\n";
  for (const SettingDescription& setting : list_settings()) {
    // "model.name" stands for "model".
    const bool is_object = !setting.choices.empty() && listed(setting.path + ".name");
    if (!wanted.contains(object_of(setting.path)) || is_object) continue;
    const std::string range = setting.kind == SettingKind::text && !setting.choices.empty()
                                  ? joined(setting.choices)
                                  : setting.allowed;
    const bool quoted = setting.default_text.find('`') != std::string::npos;
    rows += "| `" + setting.path + "` | " +
            (quoted ? setting.default_text : "`" + setting.default_text + "`") + " | " + range + " | " +
            (setting.owners.empty() ? "" : setting.owners + ": ") + setting.setting.meaning + " |\n";
  }
  return rows;
}

}  // namespace

TEST_CASE("the tables of docs/experiment-format.md are what the settings say of themselves") {
  const std::string file = NORMLAB_SOURCE_DIR "/docs/experiment-format.md";
  const std::string page = read_file(file);
  const std::regex place(R"(<!-- settings: ([a-z_ ]+) -->\n[^]*?<!-- end of settings -->)");
  std::string expected;
  std::set<std::string> objects;
  auto behind = page.begin();
  for (std::sregex_iterator i(page.begin(), page.end(), place), end; i != end; ++i) {
    const std::string title = (*i)[1];
    expected.append(behind, page.begin() + i->position());
    expected += "<!-- settings: " + title + " -->\n" + table_of(title, objects) + "<!-- end of settings -->";
    behind = page.begin() + i->position() + i->length();
  }
  expected.append(behind, page.end());
  // NORMLAB_WRITE_EXPECTED=1 writes the tables anew.
  if (std::getenv("NORMLAB_WRITE_EXPECTED") != nullptr) std::ofstream(file) << expected;
  CHECK(page == expected);
  for (const SettingDescription& setting : list_settings()) {
    CAPTURE(setting.path);
    CHECK(objects.count(object_of(setting.path)) == 1);
  }
}

TEST_CASE("every setting is listed once, and says what it means") {
  std::set<std::string> listed, options;
  for (const SettingDescription& setting : list_settings()) {
    CAPTURE(setting.path);
    CHECK(listed.insert(setting.path).second);
    CHECK(std::string(setting.setting.meaning) != "");
    CHECK_FALSE(setting.default_text.empty());
    if (setting.setting.option != nullptr) CHECK(options.insert(setting.setting.option).second);
  }
}

TEST_CASE("settings say which names have them, and which have another default") {
  CHECK(described("model.hidden").owners == "only mlp");
  CHECK(described("model.activation").owners == "only mlp, cnn");
  CHECK(described("model.window").owners == "only rnn, lstm, gru");
  CHECK(described("dataset.shuffle").owners == "not text");
  CHECK(described("optimizer.learning_rate").owners == "");
  CHECK(described("optimizer.learning_rate").default_text == "0.001; sgd 0.1; momentum 0.01");
  CHECK(described("clip_gradient_norm").default_text == "0; rnn, lstm, gru 1");
  CHECK(described("dataset.standardize").default_text == "false; rnn, lstm, gru true");
  CHECK(described("norm.epsilon").default_text == "1e-5");
  CHECK(described("dataset.unit").default_text == "character");
}

TEST_CASE("settings know the names that they choose from, whatever else is chosen") {
  CHECK(choices_of("norm") == setting_choices("norm"));
  CHECK(choices_of("norm.name") == setting_choices("norm"));
  CHECK(choices_of("model.preset") == std::vector<std::string>{"paper", "vgg"});
  CHECK(choices_of("model.input") == setting_choices("model.input"));
  CHECK(choices_of("optimizer.nesterov") == std::vector<std::string>{"true", "false"});
  CHECK(choices_of("optimizer.beta2").empty());
}
