#include "normlab/core/nearest_name.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace normlab {
namespace {

const std::vector<std::string> known_norms{"none", "batch", "layer", "rms", "group", "instance", "weight"};

}  // namespace

TEST_CASE("a misspelt name is corrected to the nearest known one") {
  CHECK(nearest_name("layre", known_norms) == "layer");
  CHECK(nearest_name("bach", known_norms) == "batch");
  CHECK(nearest_name("instanse", known_norms) == "instance");
  CHECK(nearest_name("weigth", known_norms) == "weight");
  CHECK(nearest_name("rsm", known_norms) == "rms");
}

TEST_CASE("a name is known in any case of letters, and by what it is called elsewhere") {
  for (const char* typed : {"ln", "layernorm", "layer_norm", "LayerNorm", "LAYER"})
    CHECK(nearest_name(typed, known_norms) == "layer");
  for (const char* typed : {"bn", "batchnorm", "batch-norm"})
    CHECK(nearest_name(typed, known_norms) == "batch");
  CHECK(nearest_name("gn", known_norms) == "group");
  const std::vector<std::string> options{"--norm", "--learning-rate", "--batch-size"};
  CHECK(nearest_name("--lr", options) == "--learning-rate");
  CHECK(nearest_name("--bs", options) == "--batch-size");
}

TEST_CASE("the beginning of one name only stands for it") {
  const std::vector<std::string> options{"--batch-size", "--save-parameters", "--save-initial-parameters"};
  CHECK(nearest_name("--batch", options) == "--batch-size");
  CHECK(nearest_name("--save", options) == "");
  CHECK(nearest_name("--b", options) == "");
  CHECK(nearest_name("Inst", known_norms) == "instance");
}

TEST_CASE("a name that resembles nothing known gets no suggestion") {
  CHECK(nearest_name("spectral", known_norms) == "");
  CHECK(nearest_name("", known_norms) == "");
  CHECK(nearest_name("xyz", known_norms) == "");
  CHECK(nearest_name("layer", {}) == "");
}

}  // namespace normlab
