#include "normlab/nn/convolution.h"
#include "normlab/nn/norm/bias.h"
#include "normlab/nn/norm/norm_pool.h"
#include "torch_fixture.h"

namespace normlab {
namespace {

template <class T>
void compare(const test::TorchCase& c) {
  const Shape in = c.tensor("x").shape, kernel = c.tensor("weight").shape;
  const Index stride = c.settings.at("stride"), padding = c.settings.at("padding");
  const auto out_size = [&](Index size) { return (size + 2 * padding - kernel[2]) / stride + 1; };
  const Shape out{in[0], out_size(in[1]), out_size(in[2]), kernel[0]};
  Graph<T> graph(Mode::training);
  Parameters<T> parameters({}, 1);
  auto& weight = parameters.weight("weight", kernel, Activation::relu);
  auto& x = graph.input(in, GradientPlace::own);
  auto& summed = graph.value(out);
  graph.template add<Conv2d<T>>(x, weight, summed, stride, padding);
  auto& bias = parameters.bias("bias", kernel[0], 1);
  Value<T>* y = nullptr;
  if (c.settings.at("pool")) {
    y = &graph.value({out[0], out[1] / 2, out[2] / 2, out[3]});
    graph.template add<NormPool<T>>(summed, NormParameters<T>{.bias = &bias}, *y, NormSpec{},
                                    Activation::relu, Mode::training);
  } else {
    y = &graph.value(out);
    graph.template add<Bias<T>>(summed, bias, *y, NormGeometry{out[0], out[1] * out[2], out[3]},
                                Activation::relu);
  }
  graph.output(*y);
  c.load_parameters(parameters);
  c.load("x", x.data);
  graph.forward();
  c.check("y", y->data);
  c.load("dy", y->gradient);
  graph.backward();
  c.check("gradient/x", x.gradient);
  c.check_parameters(parameters);
}

}  // namespace

TEST_CASE("convolution, bias, relu and max pooling agree with PyTorch, forward and backward") {
  const test::TorchFixture fixture("convolution");
  REQUIRE(fixture.cases().size() == 4);
  for (const test::TorchCase& c : fixture.cases()) {
    compare<float>(c);
    compare<double>(c);
  }
}

}  // namespace normlab
