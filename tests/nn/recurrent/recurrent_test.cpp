#include "normlab/nn/recurrent/recurrent.h"

#include "nn/gradient_check.h"
#include "nn/norm/norm_checks.h"
#include "nn/recurrent/recurrent_reference.h"
#include "normlab/core/parallel.h"
#include "normlab/nn/concat.h"
#include "normlab/onednn/version.h"

namespace normlab {
namespace {

constexpr CellKind cells[] = {CellKind::tanh, CellKind::lstm, CellKind::gru};
const std::vector<Norm> norms = test::norms_where([](const NormTraits& norm) { return norm.recurrent; });

struct Size {
  Index steps = 4, batch = 3, in = 4, hidden = 9;
};

// Groups of three units of the default size.
NormSpec spec_of(Norm norm) {
  return {.kind = norm, .groups = 3};
}

// Runs the rest of a scope on `count` threads. Tests that are not about threads use one: on a busy machine,
// many small products on two threads wait for each other most of the time.
class OnThreads {
 public:
  explicit OnThreads(int count) : before_(thread_count()) { set_thread_count(count); }
  ~OnThreads() { set_thread_count(before_); }
  OnThreads(const OnThreads&) = delete;
  OnThreads& operator=(const OnThreads&) = delete;

 private:
  int before_;
};

std::string describe(CellKind cell, Norm norm, bool reverse) {
  return "cell " + std::to_string(static_cast<int>(cell)) + ", norm " +
         std::to_string(static_cast<int>(norm)) + (reverse ? ", reverse" : "");
}

// Gains and biases away from where they start, so that a missing factor or term shows.
template <class T>
void disturb(Parameters<T>& parameters) {
  for (auto& parameter : parameters.parameters()) {
    if (parameter.role == ParameterRole::weight) continue;
    const bool gain = parameter.role == ParameterRole::gain;
    Random random(20, hash_name(parameter.name));
    for (T& element : parameter.data.span()) element = static_cast<T>((gain ? 1 : 0) + 0.3 * random.normal());
  }
}

// One layer in a graph of its own. The numbers do not depend on the type, the size of the graph or its mode.
template <class T>
struct Layer {
  Layer(CellKind cell, Norm norm, bool reverse, const Size& size, Parameters<T>& parameters,
        CarriedState carry = CarriedState::zero, Mode mode = Mode::training)
      : graph(mode), x(graph.input({size.steps, size.batch, size.in}, GradientPlace::own)) {
    Random random(7, 7);
    for (T& element : x.data.span()) element = static_cast<T>(random.normal());
    const RecurrentSpec spec{.cell = cell, .hidden = size.hidden, .layer = 0, .reverse = reverse};
    y = &add_recurrent(graph, parameters, "rnn.", x, spec, spec_of(norm), carry);
    graph.output(*y);
    disturb(parameters);
  }

  // The loss is a fixed random combination of y.
  void run() {
    graph.forward();
    Random random(9, 9);
    for (T& element : y->gradient.span()) element = static_cast<T>(random.normal());
    graph.backward();
  }

  Graph<T> graph;
  Value<T>& x;
  Value<T>* y;
};

// Sets every carried state before the layer runs, as a window before it would.
class SetStates : public Op<double> {
 public:
  explicit SetStates(Parameters<double>& parameters) : parameters_(parameters) {}
  std::string name() const override { return "set states"; }
  void forward() override {
    for (auto& state : parameters_.states()) test::fill_normal(state.data, hash_name(state.name), 0.5);
  }
  void backward() override {}

 private:
  Parameters<double>& parameters_;
};

void check_carried_gradients(CellKind cell, Norm norm, Index steps, Index batch = 3) {
  INFO(describe(cell, norm, false));
  Graph<double> graph(Mode::training);
  Parameters<double> parameters({}, 1);
  auto& x = test::checked_input(graph, {steps, batch, 4}, 7);
  graph.add<SetStates>(parameters);
  auto& y = add_recurrent(graph, parameters, "rnn.", x, {.cell = cell, .hidden = 9}, spec_of(norm),
                          CarriedState::carried);
  disturb(parameters);
  test::check_gradients(graph, test::everything({{"x", &x}}, parameters), y);
}

// The largest absolute difference between y and the reference, over all time steps.
double worst_error(Layer<double>& layer, test::RecurrentReference& reference, bool reverse, Index hidden) {
  layer.graph.forward();
  const Index steps = layer.x.data.dimension(0);
  const Index batch = layer.x.data.dimension(1);
  const Index in = layer.x.data.dimension(2);
  test::Matrix h(static_cast<std::size_t>(batch), test::Row(static_cast<std::size_t>(hidden), 0.0));
  test::Matrix c = h;
  double worst = 0;
  for (Index step = 0; step < steps; ++step) {
    const Index time = reverse ? steps - 1 - step : step;
    test::Matrix x;
    for (Index b = 0; b < batch; ++b) {
      const double* row = layer.x.data.data() + (time * batch + b) * in;
      x.emplace_back(row, row + in);
    }
    reference.step(x, h, c);
    for (Index b = 0; b < batch; ++b) {
      for (Index j = 0; j < hidden; ++j) {
        const double expected = h[static_cast<std::size_t>(b)][static_cast<std::size_t>(j)];
        const double error = std::abs(layer.y->data[(time * batch + b) * hidden + j] - expected);
        if (!(error <= worst)) worst = error;
      }
    }
  }
  return worst;
}

// The largest difference, relative to the largest element.
template <class A, class B>
double relative_error(const Tensor<A>& actual, const Tensor<B>& expected) {
  double scale = 1e-3, worst = 0;
  for (const B e : expected.span()) scale = std::max(scale, std::abs(static_cast<double>(e)));
  for (Index i = 0; i < expected.size(); ++i) {
    const double error = std::abs(static_cast<double>(actual[i]) - static_cast<double>(expected[i])) / scale;
    if (!(error <= worst)) worst = error;
  }
  return worst;
}

}  // namespace

TEST_CASE("recurrent layers: backward passes agree with finite differences") {
  for (const auto cell : cells) {
    for (const auto norm : norms) {
      for (const bool reverse : {false, true}) {
        INFO(describe(cell, norm, reverse));
        Parameters<double> parameters({}, 1);
        Layer<double> layer(cell, norm, reverse, {}, parameters);
        test::check_gradients(layer.graph, test::everything({{"x", &layer.x}}, parameters), *layer.y);
      }
    }
  }
}

TEST_CASE("recurrent layers: backward passes from a carried state agree with finite differences") {
  for (const auto cell : cells) {
    for (const auto norm : norms) {
      check_carried_gradients(cell, norm, 3);
      check_carried_gradients(cell, norm, 1);
    }
  }
}

TEST_CASE("recurrent layers: a sequence of several chunks of time steps has the right gradients") {
  for (const auto cell : cells) {
    for (const bool reverse : {false, true}) {
      // At most 128 rows are a chunk: a first one of two steps, and two of three; or of one, two and two.
      for (const Size& size : {Size{.steps = 8, .batch = 40, .in = 2, .hidden = 5},
                               Size{.steps = 5, .batch = 64, .in = 2, .hidden = 5}}) {
        INFO(describe(cell, Norm::none, reverse));
        Parameters<double> parameters({}, 1);
        Layer<double> layer(cell, Norm::none, reverse, size, parameters);
        test::check_gradients(layer.graph, test::everything({{"x", &layer.x}}, parameters), *layer.y);
      }
    }
    check_carried_gradients(cell, Norm::none, 5, 64);
  }
}

TEST_CASE("recurrent layers: a single time step has no recurrent weight gradient") {
  Parameters<double> parameters({}, 1);
  Layer<double> layer(CellKind::lstm, Norm::none, false, {.steps = 1}, parameters);
  parameters.recurrent_weight("rnn.weight_hh_l0", 4, 9).gradient.fill(1.0);
  layer.run();
  double largest = 0;
  for (const double g : parameters.recurrent_weight("rnn.weight_hh_l0", 4, 9).gradient.span())
    largest = std::max(largest, std::abs(g));
  CHECK(largest == 0.0);
}

TEST_CASE("recurrent layers: forward agrees with scalar loops over the formulas") {
  for (const auto cell : cells) {
    for (const auto norm : norms) {
      for (const bool reverse : {false, true}) {
        INFO(describe(cell, norm, reverse));
        Parameters<double> parameters({}, 1);
        const Size size;
        Layer<double> layer(cell, norm, reverse, size, parameters);
        test::RecurrentReference reference(cell, spec_of(norm), size.hidden, parameters, "rnn.",
                                           reverse ? "_l0_reverse" : "_l0");
        CHECK(worst_error(layer, reference, reverse, size.hidden) < 1e-12);
      }
    }
  }
}

TEST_CASE("recurrent layers: single precision follows double precision, forward and backward") {
  const OnThreads one(1);
  const Size size{.steps = 6, .batch = 4, .in = 7, .hidden = 21};
  for (const auto cell : cells) {
    for (const auto norm : norms) {
      INFO(describe(cell, norm, false));
      Parameters<double> exact_parameters({}, 1);
      Parameters<float> parameters({}, 1);
      Layer<double> exact(cell, norm, false, size, exact_parameters);
      Layer<float> layer(cell, norm, false, size, parameters);
      exact.run();
      layer.run();
      double worst = relative_error(layer.y->data, exact.y->data);
      worst = std::max(worst, relative_error(layer.x.gradient, exact.x.gradient));
      for (std::size_t i = 0; i < parameters.parameters().size(); ++i) {
        worst = std::max(worst, relative_error(parameters.parameters()[i].gradient,
                                               exact_parameters.parameters()[i].gradient));
      }
      // Four samples may lie close together, which batch norm magnifies.
      CHECK(worst < (norm == Norm::batch ? 1e-3 : 1e-5));
    }
  }
}

TEST_CASE("recurrent batch norm: running statistics for every time step") {
  const Size size;
  for (const auto cell : cells) {
    INFO(describe(cell, Norm::batch, false));
    Parameters<double> parameters({}, 1);
    Layer<double> layer(cell, Norm::batch, false, size, parameters);
    test::RecurrentReference reference(cell, {.kind = Norm::batch}, size.hidden, parameters, "rnn.", "_l0");
    worst_error(layer, reference, false, size.hidden);
    double worst = 0;
    for (const auto& [matrix, steps] : reference.statistics) {
      const auto& mean = parameters.buffer("rnn.running_mean_" + matrix + "_l0", {}, 0);
      const auto& variance = parameters.buffer("rnn.running_var_" + matrix + "_l0", {}, 0);
      CHECK(mean.dimension(0) == size.steps);
      const Index columns = mean.dimension(1);
      for (Index i = 0; i < mean.size(); ++i) {
        const auto& s = steps[static_cast<std::size_t>(i / columns)];
        const auto j = static_cast<std::size_t>(i % columns);
        const double unbiased = s.variance[j] * static_cast<double>(size.batch) / double(size.batch - 1);
        worst = std::max(worst, std::abs(mean[i] - 0.1 * s.mean[j]));
        worst = std::max(worst, std::abs(variance[i] - (0.9 + 0.1 * unbiased)));
      }
    }
    CHECK(worst < 1e-12);
  }
}

TEST_CASE("recurrent batch norm: evaluation uses the running statistics, beyond the trained steps the last") {
  const Size size;
  for (const auto cell : cells) {
    for (const bool reverse : {false, true}) {
      INFO(describe(cell, Norm::batch, reverse));
      Parameters<double> parameters({}, 1);
      Layer<double> training(cell, Norm::batch, reverse, size, parameters);
      for (int i = 0; i < 3; ++i) training.graph.forward();
      Layer<double> layer(cell, Norm::batch, reverse, {.steps = size.steps + 2, .batch = 1}, parameters,
                          CarriedState::zero, Mode::evaluation);
      test::RecurrentReference reference(cell, {.kind = Norm::batch}, size.hidden, parameters, "rnn.",
                                         reverse ? "_l0_reverse" : "_l0");
      reference.evaluation = true;
      CHECK(worst_error(layer, reference, reverse, size.hidden) < 1e-12);
    }
  }
}

TEST_CASE("recurrent layers: evaluation and training give the same, except under batch norm") {
  for (const auto cell : cells) {
    for (const auto norm : {Norm::none, Norm::layer, Norm::rms, Norm::group, Norm::weight}) {
      INFO(describe(cell, norm, true));
      Parameters<float> parameters({}, 1);
      Layer<float> training(cell, norm, true, {}, parameters);
      Layer<float> evaluation(cell, norm, true, {}, parameters, CarriedState::zero, Mode::evaluation);
      training.graph.forward();
      evaluation.graph.forward();
      CHECK(std::ranges::equal(training.y->data.span(), evaluation.y->data.span()));
    }
  }
}

TEST_CASE("recurrent layers: a carried state continues a long window in short ones") {
  for (const auto cell : cells) {
    for (const auto norm : {Norm::none, Norm::layer, Norm::rms, Norm::group, Norm::weight}) {
      for (const auto mode : {Mode::training, Mode::evaluation}) {
        INFO(describe(cell, norm, false));
        Parameters<double> parameters({}, 1);
        Layer<double> all(cell, norm, false, {.steps = 6}, parameters);
        Layer<double> part(cell, norm, false, {.steps = 3}, parameters, CarriedState::carried, mode);
        all.graph.forward();
        const Index half = part.y->data.size();
        part.graph.forward();  // leaves a state behind, which the reset forgets
        reset_carried_state(parameters, mode);
        part.graph.forward();
        double worst = 0;
        for (Index i = 0; i < half; ++i) worst = std::max(worst, std::abs(part.y->data[i] - all.y->data[i]));
        std::copy_n(all.x.data.data() + part.x.data.size(), part.x.data.size(), part.x.data.data());
        part.graph.forward();
        for (Index i = 0; i < half; ++i) {
          worst = std::max(worst, std::abs(part.y->data[i] - all.y->data[half + i]));
        }
        CHECK(worst < 1e-12);
      }
    }
  }
}

TEST_CASE("recurrent layers: training and evaluation carry states of their own") {
  Parameters<double> parameters({}, 1);
  Layer<double> training(CellKind::lstm, Norm::none, false, {}, parameters, CarriedState::carried);
  Layer<double> evaluation(CellKind::lstm, Norm::none, false, {}, parameters, CarriedState::carried,
                           Mode::evaluation);
  training.graph.forward();
  evaluation.graph.forward();
  CHECK(std::ranges::equal(training.y->data.span(), evaluation.y->data.span()));  // both started at zero
}

TEST_CASE(
    "recurrent layer, RMS and group norm: a sample's output does not depend on the others, bit for bit") {
  const OnThreads one(1);
  const Size size{.steps = 5, .batch = 6, .in = 7, .hidden = 39};
  for (const auto cell : cells) {
    for (const auto norm : {Norm::layer, Norm::rms, Norm::group}) {
      INFO(describe(cell, norm, false));
      Parameters<float> parameters({}, 1);
      Layer<float> layer(cell, norm, false, size, parameters);
      layer.graph.forward();
      const std::vector<float> before(layer.y->data.span().begin(), layer.y->data.span().end());
      Random random(11, 0);
      for (Index i = 0; i < layer.x.data.size(); ++i) {
        if (i / size.in % size.batch != 2) layer.x.data[i] = static_cast<float>(10 * random.normal());
      }
      layer.graph.forward();
      Index different = 0, others_different = 0;
      for (Index i = 0; i < layer.y->data.size(); ++i) {
        const bool changed = before[static_cast<std::size_t>(i)] != layer.y->data[i];
        (i / size.hidden % size.batch == 2 ? different : others_different) += changed ? 1 : 0;
      }
      CHECK(different == 0);
      CHECK(others_different > 0);
    }
  }
}

TEST_CASE("recurrent layer norm: summed inputs far from zero cost no accuracy") {
  for (const auto cell : cells) {
    INFO(describe(cell, Norm::layer, false));
    Parameters<double> exact_parameters({}, 1);
    Parameters<float> parameters({}, 1);
    const Size size{.steps = 1, .batch = 2, .in = 1, .hidden = 64};
    Layer<double> exact(cell, Norm::layer, false, size, exact_parameters);
    Layer<float> layer(cell, Norm::layer, false, size, parameters);
    // x is one constant, so the weights are the summed inputs: mean 1e4, standard deviation 1.
    layer.x.data.fill(1.0F);
    exact.x.data.fill(1.0);
    auto& weights = parameters.parameters()[0].data;
    Random random(5, 5);
    for (Index i = 0; i < weights.size(); ++i) {
      weights[i] = static_cast<float>(1e4 + random.normal());
      exact_parameters.parameters()[0].data[i] = weights[i];
    }
    layer.graph.forward();
    exact.graph.forward();
    CHECK(relative_error(layer.y->data, exact.y->data) < 1e-4);
  }
}

TEST_CASE("bidirectional layers: both directions add to the gradient of their input") {
  for (const auto cell : cells) {
    for (const auto norm : {Norm::none, Norm::layer}) {
      INFO(describe(cell, norm, false));
      Graph<double> graph(Mode::training);
      Parameters<double> parameters({}, 1);
      auto& x = test::checked_input(graph, {3, 2, 4}, 7);
      RecurrentSpec spec{.cell = cell, .hidden = 5, .layer = 1};
      auto& forward = add_recurrent(graph, parameters, "rnn.", x, spec, {.kind = norm}, CarriedState::zero);
      spec.reverse = true;
      auto& reverse = add_recurrent(graph, parameters, "rnn.", x, spec, {.kind = norm}, CarriedState::zero);
      auto& y = graph.value({3, 2, 10});
      graph.add<Concat<double>>(forward, reverse, y);
      disturb(parameters);
      test::check_gradients(graph, test::everything({{"x", &x}}, parameters), y);
    }
  }
}

TEST_CASE("recurrent layers: two threads give what one gives") {
  const OnThreads restored(thread_count());
  const Size size{.steps = 2, .batch = 24, .in = 8, .hidden = 256};
  for (const auto cell : cells) {
    for (const auto norm : {Norm::none, Norm::layer, Norm::batch}) {
      INFO(describe(cell, norm, false));
      Parameters<float> parameters({}, 1);
      Parameters<float> parallel_parameters({}, 1);
      set_thread_count(1);
      Layer<float> layer(cell, norm, false, size, parameters);
      layer.run();
      set_thread_count(2);
      Layer<float> parallel(cell, norm, false, size, parallel_parameters);
      parallel.run();
      double worst = relative_error(parallel.y->data, layer.y->data);
      for (std::size_t i = 0; i < parameters.parameters().size(); ++i) {
        worst = std::max(worst, relative_error(parallel_parameters.parameters()[i].gradient,
                                               parameters.parameters()[i].gradient));
      }
      CHECK(worst < 1e-4);
    }
  }
}

TEST_CASE("recurrent layers make no primitive after they are recorded") {
  for (const auto cell : cells) {
    Parameters<float> parameters({}, 1);
    Layer<float> layer(cell, Norm::layer, false, {}, parameters, CarriedState::carried);
    layer.graph.finish();
    const auto made = onednn::primitives_made();
    layer.run();
    CHECK(onednn::primitives_made() == made);
  }
}

TEST_CASE("recurrent layers have the names and shapes of PyTorch's modules") {
  for (const auto cell : cells) {
    const Index gates = cell == CellKind::lstm ? 4 : (cell == CellKind::gru ? 3 : 1);
    Parameters<double> parameters({}, 1);
    Layer<double> layer(cell, Norm::none, true, {}, parameters);
    std::map<std::string, Shape> shapes;
    for (const auto& parameter : parameters.parameters()) shapes[parameter.name] = parameter.data.shape();
    CHECK(shapes == std::map<std::string, Shape>{{"rnn.weight_ih_l0_reverse", {gates * 9, 4}},
                                                 {"rnn.weight_hh_l0_reverse", {gates * 9, 9}},
                                                 {"rnn.bias_ih_l0_reverse", {gates * 9}},
                                                 {"rnn.bias_hh_l0_reverse", {gates * 9}}});
    Parameters<double> weight_normed({}, 1);
    Layer<double> other(cell, Norm::weight, false, {}, weight_normed);
    shapes.clear();
    for (const auto& parameter : weight_normed.parameters()) shapes[parameter.name] = parameter.data.shape();
    CHECK(shapes["rnn.weight_ih_l0_v"] == Shape{gates * 9, 4});
    CHECK(shapes["rnn.weight_hh_l0_g"] == Shape{gates * 9, 1});
  }
}

TEST_CASE("recurrent layers: a second backward pass gives the gradients of the first") {
  const OnThreads one(1);
  for (const auto cell : cells) {
    for (const auto norm : norms) {
      INFO(describe(cell, norm, false));
      Parameters<double> parameters({}, 1);
      Layer<double> layer(cell, norm, false, {}, parameters);
      layer.run();
      std::vector<std::vector<double>> first;
      for (const auto& parameter : parameters.parameters())
        first.emplace_back(parameter.gradient.span().begin(), parameter.gradient.span().end());
      layer.run();
      for (std::size_t i = 0; i < first.size(); ++i)
        CHECK(std::ranges::equal(parameters.parameters()[i].gradient.span(), first[i]));
    }
  }
}

TEST_CASE("recurrent layers say which norms are not defined") {
  const auto reason = [](const NormSpec& norm, Index batch, Index hidden) {
    return recurrent_undefined_reason(norm, batch, hidden).value_or("");
  };
  CHECK(reason({.kind = Norm::instance}, 4, 6) == "instance norm is not defined on recurrent layers");
  CHECK(reason({.kind = Norm::batch}, 1, 6) == "batch norm is not defined for a batch of one sample");
  CHECK(reason({.kind = Norm::batch}, 2, 6).empty());
  CHECK(reason({.kind = Norm::layer}, 1, 6).empty());
  CHECK(reason({.kind = Norm::group, .groups = 4}, 4, 6) ==
        "group norm is not defined where 6 hidden units do not divide into 4 equal groups");
  CHECK(reason({.kind = Norm::group, .groups = 0}, 4, 6) ==
        "group norm is not defined where 6 hidden units do not divide into 0 equal groups");
  CHECK(reason({.kind = Norm::group, .groups = 6}, 4, 6) ==
        "group norm is not defined for one feature per group (6 features, 6 groups)");
  CHECK(reason({.kind = Norm::group, .groups = 3}, 1, 6).empty());
}

}  // namespace normlab
