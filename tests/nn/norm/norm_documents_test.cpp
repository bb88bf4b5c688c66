// What documents and scripts say of all norms, against the table in nn/norm/norm_traits.cpp.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <fstream>
#include <sstream>

#include "nn/norm/norm_checks.h"

namespace normlab {
namespace {

std::string content(const std::string& path) {
  std::ifstream file(NORMLAB_SOURCE_DIR "/" + path);
  REQUIRE(file);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

using Row = std::vector<std::string>;

// The cells of a line "| a | b |".
Row cells(const std::string& line) {
  Row row;
  for (std::size_t at = 1; at < line.size();) {
    const std::size_t end = std::min(line.find('|', at), line.size());
    const std::size_t first = line.find_first_not_of(' ', at), last = line.find_last_not_of(' ', end - 1);
    row.push_back(first < end ? line.substr(first, last + 1 - first) : "");
    at = end + 1;
  }
  return row;
}

// The rows of the table below the line that begins with `head`.
std::vector<Row> table(const std::string& path, const std::string& head) {
  std::istringstream text(content(path));
  std::string line;
  while (std::getline(text, line) && !line.starts_with(head)) continue;
  std::getline(text, line);  // | --- | --- |
  std::vector<Row> rows;
  while (std::getline(text, line) && line.starts_with("|")) rows.push_back(cells(line));
  return rows;
}

// The rows of a table with one for each norm, in the order of norm_traits.
std::vector<Row> table_of_norms(const std::string& path, const std::string& head) {
  auto rows = table(path, head);
  std::vector<std::string> names;
  for (const Row& row : rows) names.push_back(row.front());
  REQUIRE(names == norm_names());
  return rows;
}

const Row& row_of(const std::vector<Row>& rows, const std::string& name) {
  const auto found = std::ranges::find(rows, name, [](const Row& row) { return row.front(); });
  REQUIRE(found != rows.end());
  return *found;
}

// "`norm.weight`, `norm.bias`": the tensors "norm.…" that a layer declares.
std::string declared_tensors(Norm norm) {
  test::NormLayer<float> layer({.kind = norm, .groups = 2}, {2, 3, 4}, Activation::relu);
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    const std::string below = name.substr(std::string("hidden.0.").size());
    if (below.starts_with("norm.")) names.push_back("`" + below + "`");
  };
  for (const auto& parameter : layer.parameters.parameters()) add(parameter.name);
  for (const auto& buffer : layer.parameters.buffers()) add(buffer.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

bool says(const std::string& text, const char* code) {
  return text.find("`" + std::string(code) + "`") != std::string::npos;
}

}  // namespace

TEST_CASE("design.md's table has the norms and says where they are not defined") {
  const auto rows = table_of_norms("docs/design.md", "| norm | fully connected");
  for (const Norm norm : all_norms()) {
    CAPTURE(std::string(traits(norm).name));
    const Row& row = row_of(rows, traits(norm).name);
    const bool on_vectors = !undefined_reason({.kind = norm, .groups = 2}, {2, 1, 4});
    CHECK(row.at(1).starts_with("not defined") == !on_vectors);
    CHECK(row.at(3).starts_with("not defined") == !traits(norm).recurrent);
  }
}

TEST_CASE("parameters.md names each norm's tensors and its PyTorch counterpart") {
  const auto rows = table_of_norms("docs/parameters.md", "| norm | tensors below");
  for (const Norm norm : all_norms()) {
    const NormTraits& t = traits(norm);
    CAPTURE(std::string(t.name));
    const Row& row = row_of(rows, t.name);
    CHECK(row.at(1).starts_with(declared_tensors(norm)));
    for (const auto& one : {std::pair(row.at(2), t.torch.vectors), {row.at(3), t.torch.images}}) {
      const auto& cell = one.first;
      const auto& module = one.second;
      CAPTURE(cell);
      CHECK((module == nullptr ? cell.find('`') == std::string::npos : says(cell, module)));
    }
  }
}

TEST_CASE("results-format.md, the figures' styles and the PyTorch modules have all norms, in their order") {
  const std::string names = fmt::format("{}", fmt::join(norm_names(), ", "));
  CHECK(content("docs/results-format.md").find("norm (" + names + ")") != std::string::npos);
  const std::string quoted = fmt::format("NORMS = (\"{}\")", fmt::join(norm_names(), "\", \""));
  CHECK(content("scripts/torch_models.py").find(quoted) != std::string::npos);
  const std::string styles = content("scripts/plots/style.py");
  for (const std::string& name : norm_names()) {
    CAPTURE(name);
    CHECK(styles.find("    \"" + name + "\": (") != std::string::npos);
  }
}

}  // namespace normlab
