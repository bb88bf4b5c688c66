#include "normlab/train/safetensors.h"

#include <doctest/doctest.h>

#include <fstream>
#include <limits>

#include "files.h"
#include "normlab/core/error.h"
#include "throws.h"
#include "train/small_run.h"

namespace normlab {
namespace {

using testing::write_file;

Parameters<float> some_parameters() {
  Parameters<float> parameters({}, 1);
  parameters.weight("a.weight", {2, 3}, Activation::relu);
  parameters.bias("a.bias", 2, 3);
  parameters.buffer("a.running_mean", {2}, 0.5F);
  return parameters;
}

}  // namespace

TEST_CASE("parameters and running statistics survive a file") {
  test::TemporaryFolder folder;
  const auto path = folder.path() / "p.safetensors";
  Parameters<float> saved = some_parameters();
  write_file(path, encode_safetensors(parameter_views(saved), {{"note", "hello"}}));
  const Safetensors file = Safetensors::read(path, "file");
  CHECK(file.metadata().at("note") == "hello");
  Parameters<float> loaded({}, 2);
  loaded.weight("a.weight", {2, 3}, Activation::relu);
  loaded.bias("a.bias", 2, 3);
  loaded.buffer("a.running_mean", {2}, 0.0F);
  load_parameters(file, "file", loaded);
  for (int i = 0; i < 6; ++i) CHECK(loaded.parameters()[0].data[i] == saved.parameters()[0].data[i]);
  CHECK(loaded.buffers()[0].data[1] == 0.5F);
}

TEST_CASE("a parameters file that does not fit is refused with the tensor's name") {
  test::TemporaryFolder folder;
  const auto path = folder.path() / "p.safetensors";
  Parameters<float> saved = some_parameters();
  write_file(path, encode_safetensors(parameter_views(saved), {}));
  const Safetensors file = Safetensors::read(path, "file");

  Parameters<float> more = some_parameters();
  more.bias("b.bias", 4, 1);
  test::check_throws_saying<RequestError>("lacks \"b.bias\"", [&] { load_parameters(file, "file", more); });

  Parameters<float> fewer({}, 1);
  fewer.weight("a.weight", {2, 3}, Activation::relu);
  test::check_throws_saying<RequestError>("is not a parameter",
                                          [&] { load_parameters(file, "file", fewer); });

  Parameters<float> other({}, 1);
  other.weight("a.weight", {3, 2}, Activation::relu);
  test::check_throws_saying<RequestError>("has shape [2, 3]", [&] { load_parameters(file, "file", other); });
}

TEST_CASE("a file that is not whole safetensors is refused, whatever is wrong with it") {
  test::TemporaryFolder folder;
  const auto path = folder.path() / "bad.safetensors";
  Parameters<float> saved = some_parameters();
  const std::string whole = encode_safetensors(parameter_views(saved), {});
  const auto with_header = [](const std::string& header) {
    const std::uint64_t length = header.size();
    return std::string(reinterpret_cast<const char*>(&length), 8) + header + std::string(64, '\0');
  };
  const std::vector<std::string> bad = {
      "", "short", whole.substr(0, 40), whole.substr(0, whole.size() - 4), std::string(100, '\xff'),
      with_header("not json"), with_header("[]"), with_header(R"({"a":{"dtype":"F32"}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[4,0]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[100],"data_offsets":[0,400]}})"), with_header(R"({"a":7})"),
      with_header(R"({"__metadata__":{"a":1}})"),
      // 64 bytes follow the header.
      with_header(R"({"a":{"dtype":"F32","shape":[16.0],"data_offsets":[0,64]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[1.6e1],"data_offsets":[0,64]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,64]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[5e86],"data_offsets":[0,64]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[16],"data_offsets":[0,64.0]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[16],"data_offsets":[0,64,64]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[16],"data_offsets":"0,64"}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,64]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[0,9223372036854775807,9223372036854775807,16],)"
                  R"("data_offsets":[0,64]}})"),
      with_header(R"({"a":{"dtype":"F99","shape":[16],"data_offsets":[0,64]}})"),
      with_header(R"({"a":{"dtype":"I64","shape":[16],"data_offsets":[0,64]}})"),
      with_header(R"({"a":{"dtype":"F4","shape":[127],"data_offsets":[0,64]}})"),
      // A hole before, a hole between, an overlap, bytes behind, a name twice.
      with_header(R"({"a":{"dtype":"F32","shape":[15],"data_offsets":[4,64]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]},)"
                  R"("b":{"dtype":"F32","shape":[4],"data_offsets":[48,64]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[12],"data_offsets":[0,48]},)"
                  R"("b":{"dtype":"F32","shape":[8],"data_offsets":[32,64]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[15],"data_offsets":[0,60]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[8],"data_offsets":[0,32]},)"
                  R"("a":{"dtype":"F32","shape":[16],"data_offsets":[0,64]}})"),
      with_header("{\"a\":" + std::string(400'000, '[')), whole + "more"};
  for (const std::string& content : bad) {
    CAPTURE(content.substr(0, 80));
    write_file(path, content);
    CHECK_THROWS_AS(Safetensors::read(path, "file"), RequestError);
  }
  CHECK_THROWS_AS(Safetensors::read(folder.path() / "absent", "file"), RequestError);
}

TEST_CASE(
    "tensors of other types are passed over, wherever they stand, and none may take a parameter's place") {
  test::TemporaryFolder folder;
  const auto path = folder.path() / "p.safetensors";
  // A byte first, so that the numbers are not aligned.
  const std::string header = R"({"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                             R"("a":{"dtype":"F32","shape":[2],"data_offsets":[1,9]},"none":{"dtype":"F16",)"
                             R"("shape":[0],"data_offsets":[9,9]}})";
  const std::uint64_t length = header.size();
  const float values[2] = {1.5F, -2.0F};
  write_file(path, std::string(reinterpret_cast<const char*>(&length), 8) + header + "x" +
                       std::string(reinterpret_cast<const char*>(values), 8));
  const Safetensors file = Safetensors::read(path, "file");
  REQUIRE(file.tensors().size() == 1);
  CHECK(file.find("a")->values[1] == -2.0F);
  CHECK(file.find("b") == nullptr);
  CHECK(file.other_dtype("b") == "U8");
  Parameters<float> parameters({}, 1);
  parameters.bias("b", 1, 1);
  test::check_throws_saying<RequestError>("\"b\" has dtype U8",
                                          [&] { load_parameters(file, "file", parameters); });
}

TEST_CASE("weights that are no finite numbers are refused by name, and nothing is loaded") {
  test::TemporaryFolder folder;
  const auto path = folder.path() / "p.safetensors";
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    Parameters<float> saved = some_parameters();
    saved.parameters()[0].data[0] = 7;
    saved.buffers()[0].data[1] = bad;
    write_file(path, encode_safetensors(parameter_views(saved), {}));
    Parameters<float> loaded = some_parameters();
    test::check_throws_saying<RequestError>("\"a.running_mean\" holds values that are not finite", [&] {
      load_parameters(Safetensors::read(path, "file"), "file", loaded);
    });
    CHECK(loaded.parameters()[0].data[0] != 7);
  }
}

}  // namespace normlab
