#include "normlab/tasks/registry.h"

#include <doctest/doctest.h>

#include <set>
#include <stdexcept>

#include "normlab/data/dataset_name.h"
#include "normlab/tasks/classification.h"
#include "normlab/tasks/language_modelling.h"

namespace normlab {

TEST_CASE("images are classified, and of a text the next character or byte is predicted") {
  CHECK(&task_of(parse_dataset("mnist")) == &classification());
  CHECK(&task_of(parse_dataset("synthetic")) == &classification());
  DatasetSpec text = parse_dataset("text:x");
  CHECK(&task_of(text) == &language_modelling(TextUnit::character));
  text.unit = TextUnit::byte;
  CHECK(&task_of(text) == &language_modelling(TextUnit::byte));
}

TEST_CASE("each kind of data set has one task, and each task what every other part takes from it") {
  for (const char* name : {"mnist", "fashion-mnist", "idx:x", "synthetic", "text:x"}) {
    CAPTURE(name);
    int tasks = 0;
    for (const Task* task : all_tasks()) tasks += task->learns(parse_dataset(name)) ? 1 : 0;
    CHECK(tasks == 1);
  }
  for (const Task* task : all_tasks()) {
    CAPTURE(task->name);
    std::set<std::string> names;
    for (const Metric& metric : task->metrics) {
      names.insert(metric.name);
      CHECK_FALSE(metric.unit.empty());
    }
    CHECK(names.size() == task->metrics.size());
    CHECK(task->metrics.front().name == "loss");
    MetricSums sums(task->sums.size());
    sums.count = 1;
    CHECK(task->values(sums).size() == task->metrics.size());
  }
}

TEST_CASE("metrics follow from what was summed over the batches") {
  MetricSums sums(2);
  CHECK(classification().values(sums) == MetricValues{0, 0});  // nothing yet
  sums.values = {6, 3};
  sums.count = 4;
  CHECK(classification().values(sums) == MetricValues{1.5, 0.75});
  const MetricValues of_text = language_modelling(TextUnit::character).values(sums);
  CHECK(of_text[1] == 0.75);
  CHECK(of_text[2] == doctest::Approx(1.5 / 0.693147180559945));
  MetricSums more(2);
  more.values = {1, 1};
  more.count = 2;
  sums += more;
  CHECK(sums.values == std::vector<double>{7, 4});
  CHECK(sums.count == 6);
  sums.clear();
  CHECK(sums.values == std::vector<double>{0, 0});
  CHECK(sums.count == 0);
}

TEST_CASE("a network on images that is given a text, and the other way round, is a fault of the program") {
  CHECK(classification_of({2, 3}, 10).images().width == 3);
  CHECK(language_modelling_of(TextUnit::byte, 7).tokens().vocabulary == 7);
  CHECK_THROWS_AS(classification_of({2, 3}, 10).tokens(), std::logic_error);
  CHECK_THROWS_AS(language_modelling_of(TextUnit::byte, 7).images(), std::logic_error);
  BatchBuffers<float> buffers;
  std::vector<std::int32_t> labels{1, 2};
  buffers.add_integers(input::labels, labels);
  CHECK(buffers.integers(input::labels).data() == labels.data());
  CHECK_THROWS_AS(buffers.integers(input::tokens), std::logic_error);
  CHECK_THROWS_AS(buffers.images(input::labels), std::logic_error);
}

TEST_CASE("directions have names in files") {
  for (const Better better : {Better::lower, Better::higher})
    CHECK(parse_better(better_name(better)) == better);
  CHECK_FALSE(parse_better("more"));
}

}  // namespace normlab
