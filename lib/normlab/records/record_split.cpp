#include "normlab/records/record_split.h"

#include <utility>

namespace normlab {
namespace {

using nlohmann::json;

// Puts together one evaluation after the other.
class EachEvaluation final : public JsonEvents {
 public:
  explicit EachEvaluation(const std::function<void(const json&)>& each) : each_(each) {}

  void start_object() override {
    ++depth_;
    tree_.start_object();
  }
  void start_array() override {
    ++depth_;
    tree_.start_array();
  }
  void end() override {
    tree_.end();
    if (--depth_ == 0) each_(tree_.take());
  }
  void key(std::string& name) override { tree_.key(name); }
  void value(json scalar) override {
    tree_.value(std::move(scalar));
    if (depth_ == 0) each_(tree_.take());
  }

 private:
  const std::function<void(const json&)>& each_;
  JsonTreeBuilder<json> tree_;
  int depth_ = 0;
};

}  // namespace

void RecordSplit::start_object() {
  behind_evaluations_ = false;
  ++depth_;
  events().start_object();
}

void RecordSplit::start_array() {
  const bool begins = std::exchange(behind_evaluations_, false);
  events().start_array();
  ++depth_;
  in_evaluations_ = in_evaluations_ || begins;
}

void RecordSplit::end() {
  --depth_;
  if (depth_ == 1) in_evaluations_ = false;
  events().end();
}

void RecordSplit::key(std::string& name) {
  behind_evaluations_ = depth_ == 1 && name == "evaluations";
  events().key(name);
}

void RecordSplit::value(json scalar) {
  behind_evaluations_ = false;
  events().value(std::move(scalar));
}

json read_evaluations(std::string_view text, std::string_view source,
                      const std::function<void(const json& evaluation)>& each) {
  JsonTreeBuilder<json> rest;
  EachEvaluation evaluations(each);
  RecordSplit record(rest, evaluations);
  read_json_events(text, source, record);
  return rest.take();
}

}  // namespace normlab
