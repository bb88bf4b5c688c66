// JSON read from its beginning to its end without a tree of it in memory, for files of which a reader needs a
// part.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace normlab {

// Told of what stands in a JSON text, in its order.
class JsonEvents {
 public:
  virtual ~JsonEvents() = default;
  virtual void start_object() = 0;
  virtual void start_array() = 0;
  virtual void end() = 0;                   // of the innermost object or array
  virtual void key(std::string& name) = 0;  // of the innermost object; its value follows. May be moved from
  virtual void value(nlohmann::json scalar) = 0;  // null, a truth value, a number or a text
};

// Reads `text` as parse_json does, with the same refusals; `events` is told of what stands before the refused
// place.
void read_json_events(std::string_view text, std::string_view source, JsonEvents& events);

// Puts together the value that it is told of. Tree is nlohmann::json or Json.
template <class Tree>
class JsonTreeBuilder final : public JsonEvents {
 public:
  void start_object() override { open_.push_back(&place(Tree::object())); }
  void start_array() override { open_.push_back(&place(Tree::array())); }
  void end() override { open_.pop_back(); }
  void key(std::string& name) override { member_ = &(*open_.back())[std::move(name)]; }
  void value(nlohmann::json scalar) override { place(std::move(scalar)); }

  bool is_whole() const { return open_.empty(); }  // all that was begun has ended
  Tree take() { return std::move(root_); }

 private:
  Tree& place(Tree value) {
    if (open_.empty()) return root_ = std::move(value);
    if (open_.back()->is_object()) return *member_ = std::move(value);
    return open_.back()->emplace_back(std::move(value));
  }

  Tree root_;
  std::vector<Tree*> open_;  // from the outermost to the innermost
  Tree* member_ = nullptr;   // where the innermost object's value goes
};

}  // namespace normlab
