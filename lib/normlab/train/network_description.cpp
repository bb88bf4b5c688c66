#include "normlab/train/network_description.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>

#include "normlab/core/error.h"
#include "normlab/core/memory.h"
#include "normlab/train/data_source.h"
#include "normlab/train/network.h"
#include "normlab/train/requirements.h"
#include "normlab/train/trainer.h"

namespace normlab {
namespace {

constexpr std::size_t columns = 7;
using Row = std::array<std::string, columns>;

std::string shapes_text(const std::vector<Shape>& shapes) {
  std::vector<std::string> texts;
  texts.reserve(shapes.size());
  for (const Shape& shape : shapes) texts.push_back(to_string(shape));
  return fmt::format("{}", fmt::join(texts, " "));
}

Row row_of(const OpDescription& op) {
  return {op.layer,
          op.name,
          shapes_text(op.inputs),
          shapes_text(op.parameters),
          shapes_text(op.outputs),
          fmt::format("{}", op.kept_bytes),
          fmt::format("{}", op.multiply_adds)};
}

// Texts to the left, numbers to the right, two blanks between columns.
std::string render(const std::vector<Row>& rows) {
  std::array<std::size_t, columns> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < columns; ++i) {
      if (i > 0) line += "  ";
      line += i < columns - 2 ? fmt::format("{:<{}}", row[i], widths[i])
                              : fmt::format("{:>{}}", row[i], widths[i]);
    }
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace

std::string describe_network(const RunConfig& config) {
  if (const auto reason = undefined_reason(config)) throw RequestError(*reason + ".");
  const DataSize size = load_data_size(config);
  require_memory(memory_needed(config, size), 1, available_memory());
  Network network(config, size.shape);
  const Graph<float>& graph = network.graph(config.batch_size, Mode::training).graph;
  std::vector<Row> rows{
      {"layer", "operation", "reads", "parameters", "writes", "kept bytes", "multiply-adds"}};
  Index kept = 0;
  for (const OpDescription& op : graph.describe()) {
    rows.push_back(row_of(op));
    kept += op.kept_bytes;
  }
  rows.push_back({"all", fmt::format("{} operations", graph.ops().size()), "",
                  fmt::format("{} numbers", network.parameters().parameter_count()), "",
                  fmt::format("{}", kept), fmt::format("{}", graph.multiply_adds())});
  return render(rows) +
         "\nOne training step's forward pass; kept are what it writes and leaves for the backward pass.\n";
}

}  // namespace normlab
