#include "normlab/train/safetensors.h"

#include <doctest/doctest.h>

#include <fstream>

#include "normlab/core/error.h"
#include "small_run.h"
#include "throws.h"

namespace normlab {
namespace {

void write(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

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
  write(path, encode_safetensors(parameter_views(saved), {{"note", "hello"}}));
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
  write(path, encode_safetensors(parameter_views(saved), {}));
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
      "",
      "short",
      whole.substr(0, 40),
      whole.substr(0, whole.size() - 4),
      std::string(100, '\xff'),
      with_header("not json"),
      with_header("[]"),
      with_header(R"({"a":{"dtype":"F32"}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[4,0]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})"),
      with_header(R"({"a":{"dtype":"F32","shape":[100],"data_offsets":[0,400]}})"),
      with_header(R"({"a":7})"),
      with_header(R"({"__metadata__":{"a":1}})")};
  for (const std::string& content : bad) {
    CAPTURE(content.substr(0, 80));
    write(path, content);
    CHECK_THROWS_AS(Safetensors::read(path, "file"), RequestError);
  }
  CHECK_THROWS_AS(Safetensors::read(folder.path() / "absent", "file"), RequestError);
}

}  // namespace normlab
