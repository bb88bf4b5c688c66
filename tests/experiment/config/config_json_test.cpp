#include "normlab/experiment/config/config_json.h"
#include "normlab/records/run_id.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "data/idx_files.h"
#include "normlab/experiment/process/cores.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

Json parsed(const char* text) {
  return parse_json(text, "test");
}

std::string refusal(const char* text) {
  return request_error([&] { resolve(parsed(text)); });
}

TEST_CASE("a negative zero is the setting 0, and has its id") {
  const auto id = [](const char* decay) {
    return run_id(resolve(Json::parse(
        std::string(R"({"dataset": "synthetic", "optimizer": {"weight_decay": )") + decay + "}}")));
  };
  CHECK(id("-0.0") == id("0"));
}

}  // namespace

TEST_CASE("what resolve makes of nothing is the default config") {
  CHECK(to_json(resolve(Json::object())) == to_json(RunConfig{}));
}

TEST_CASE("resolved configs round trip for every model, norm, optimizer, schedule and data set") {
  for (const char* dataset : {"fashion-mnist", "mnist", "synthetic", "idx:folder", "text:file"}) {
    for (const std::string& model : setting_choices("model")) {
      for (const std::string& norm : setting_choices("norm")) {
        const Json once = to_json(resolve({{"dataset", dataset}, {"model", model}, {"norm", norm}}));
        CHECK(to_json(resolve(once)).dump() == once.dump());
      }
    }
  }
  for (const std::string& optimizer : setting_choices("optimizer")) {
    for (const std::string& schedule : setting_choices("schedule")) {
      for (const std::string& init : setting_choices("init")) {
        const Json once =
            to_json(resolve({{"optimizer", optimizer}, {"schedule", schedule}, {"init", init}}));
        CHECK(to_json(resolve(once)).dump() == once.dump());
      }
    }
  }
}

TEST_CASE("every setting that is not at its default survives the round trip") {
  const Json said = parsed(R"({
    "dataset": {"name": "text", "path": "a.txt", "train_limit": 99, "validation_fraction": 0.25},
    "model": {"name": "gru", "layers": 2, "hidden_size": 7, "bidirectional": true, "embedding": 3, "window": 5},
    "norm": {"name": "batch", "epsilon": 0.5, "momentum": 1.0},
    "init": {"name": "torch", "scale": 2.5},
    "optimizer": {"name": "adamw", "learning_rate": 0.3, "beta1": 0.0, "beta2": 0.5, "epsilon": 0.1,
                  "weight_decay": 0.25},
    "schedule": {"name": "cosine", "warmup_steps": 4, "final_factor": 0.125},
    "clip_gradient_norm": 9.0, "batch_size": 3, "keep_training": true, "track": "layers",
    "seed": 18446744073709551615, "target": "validation.bits_per_character<=2",
    "evaluate_every": {"steps": 6}, "budget": {"epochs": 0.5, "steps": 8, "seconds": 1.5}, "threads": 1,
    "initial_parameters": "start.safetensors"})");
  CHECK(to_json(resolve(said)).dump() == said.dump());
}

TEST_CASE("norm.affine is written where it is not the default, which leaves ids as they were") {
  const auto config = [](const std::string& norm) {
    return resolve(parsed((R"({"dataset": "synthetic", "norm": )" + norm + "}").c_str()));
  };
  const auto written = [&](const std::string& norm) { return to_json(config(norm))["norm"]; };
  CHECK_FALSE(written(R"({"name": "layer", "affine": true})").contains("affine"));
  CHECK(run_id(config(R"({"name": "layer", "affine": true})")) == run_id(config(R"("layer")")));
  CHECK(written(R"({"name": "layer", "affine": "gain"})")["affine"] == "gain");
  CHECK(written(R"({"name": "batch", "affine": false})")["affine"] == false);
  CHECK(config(R"({"name": "batch", "affine": false})").norm.affine == Affine::none);
  // rms norm has a gain alone.
  CHECK(run_id(config(R"({"name": "rms", "affine": "gain"})")) == run_id(config(R"("rms")")));
  CHECK(refusal(R"({"norm": {"name": "layer", "affine": 2}})") ==
        "norm.affine: 2 is not allowed; one of true, gain, false is.");
  CHECK(refusal(R"({"norm": {"name": "layer", "affine": "bias"}})").starts_with("norm.affine: "));
  CHECK(refusal(R"({"norm": {"name": "none", "affine": true}})").starts_with("norm.affine: unknown setting"));
}

TEST_CASE("norm.position is written where the norm follows the activation, which leaves ids as they were") {
  const auto config = [](const std::string& norm) {
    return resolve(parsed((R"({"dataset": "synthetic", "norm": )" + norm + "}").c_str()));
  };
  const auto before = config(R"({"name": "layer", "position": "before_activation"})");
  CHECK_FALSE(to_json(before)["norm"].contains("position"));
  CHECK(run_id(before) == run_id(config(R"("layer")")));
  const auto after = config(R"({"name": "dyt", "position": "after_activation"})");
  CHECK(after.norm.position == NormPosition::after_activation);
  CHECK(to_json(after)["norm"]["position"] == "after_activation");
  CHECK(refusal(R"({"norm": {"name": "layer", "position": "first"}})") ==
        "norm.position: unknown name \"first\"; known are before_activation, after_activation.");
  CHECK(refusal(R"({"norm": {"name": "weight", "position": "after_activation"}})")
            .starts_with("norm.position: unknown setting"));
}

TEST_CASE("dynamic tanh has the settings alpha and affine, and no epsilon") {
  const Json norm = to_json(resolve(parsed(R"({"norm": {"name": "dyt", "affine": "gain"}})")))["norm"];
  CHECK(norm == parsed(R"({"name": "dyt", "alpha": 0.5, "affine": "gain"})"));
  CHECK(refusal(R"({"norm": {"name": "dyt", "alpha": 0}})").starts_with("norm.alpha: 0 is not allowed"));
  CHECK(refusal(R"({"norm": {"name": "layer", "alpha": 1}})").starts_with("norm.alpha: unknown setting"));
}

TEST_CASE("model.dropout is a setting of every model, written where something is dropped, so that ids stay") {
  for (const std::string& name : model_names()) {
    CAPTURE(name);
    const auto config = [&](const std::string& rest) {
      return parsed((R"({"dataset": "synthetic", "model": {"name": ")" + name + "\"" + rest + "}}").c_str());
    };
    const RunConfig plain = resolve(config("")), none = resolve(config(R"(, "dropout": 0)"));
    const RunConfig half = resolve(config(R"(, "dropout": 0.5)"));
    CHECK_FALSE(to_json(none)["model"].contains("dropout"));
    CHECK(run_id(none) == run_id(plain));
    CHECK(to_json(half)["model"]["dropout"] == 0.5);
    CHECK(run_id(half) != run_id(plain));
    for (const char* wrong : {"1", "-0.1", "1.5", "0.99999999999"}) {
      CHECK(refusal(config(std::string(", \"dropout\": ") + wrong).dump().c_str()) ==
            fmt::format("model.dropout: {} is not allowed; a number of at least 0 and below 1 in single "
                        "precision is.",
                        wrong));
    }
  }
}

TEST_CASE("resolved configs show just the settings that have a meaning") {
  const Json lstm = to_json(resolve(parsed(R"({"model": "lstm", "optimizer": "sgd"})")));
  CHECK_FALSE(lstm["model"].contains("hidden"));
  CHECK_FALSE(lstm["model"].contains("embedding"));
  CHECK(lstm["model"].contains("input"));
  CHECK_FALSE(lstm["optimizer"].contains("beta1"));
  CHECK_FALSE(lstm["norm"].contains("epsilon"));
  const Json text = to_json(resolve(parsed(R"({"dataset": "text:x", "model": "lstm"})")));
  CHECK(text["model"].contains("window"));
  CHECK_FALSE(text["model"].contains("input"));
  CHECK_FALSE(text["dataset"].contains("shuffle"));
}

TEST_CASE("the unit of a text is shown where it is not the default, so that runs keep their ids") {
  const Json said = parsed(R"({"dataset": {"name": "text:x", "unit": "character"}, "model": "lstm"})");
  CHECK(run_id(resolve(said)) == run_id(resolve(parsed(R"({"dataset": "text:x", "model": "lstm"})"))));
  CHECK_FALSE(to_json(resolve(said))["dataset"].contains("unit"));
  const Json bytes = parsed(R"({"dataset": {"name": "text:x", "unit": "byte"}, "model": "lstm"})");
  CHECK(to_json(resolve(bytes))["dataset"]["unit"] == "byte");
  CHECK(resolve(to_json(resolve(bytes))).dataset.unit == TextUnit::byte);
  CHECK(contains(refusal(R"({"dataset": {"name": "text:x", "unit": "bytes"}})"), "did you mean \"byte\"?"));
  CHECK(contains(refusal(R"({"dataset": {"name": "mnist", "unit": "byte"}})"), "dataset"));
  CHECK(contains(refusal(R"({"dataset": {"name": "text:x", "unit": "byte"}, "model": "lstm",
                             "target": "validation.bits_per_character<=2"})"),
                 "bits_per_byte"));
}

TEST_CASE("shorthands stand for objects") {
  CHECK(to_json(resolve(parsed(R"({"dataset": "idx:a/b", "norm": "rms"})"))) ==
        to_json(resolve(parsed(R"({"dataset": {"name": "idx", "path": "a/b"}, "norm": {"name": "rms"}})"))));
  CHECK(to_json(resolve(parsed(R"({"dataset": {"name": "text:f", "train_limit": 3}})")))["dataset"]["path"] ==
        "f");
  CHECK(to_json(resolve(parsed(R"({"evaluate_every": 0.5})"))) ==
        to_json(resolve(parsed(R"({"evaluate_every": {"epochs": 0.5}})"))));
  CHECK(to_json(resolve(parsed(R"({"budget": 3})"))) ==
        to_json(resolve(parsed(R"({"budget": {"epochs": 3}})"))));
}

TEST_CASE("presets are resolved into sizes, which may still be set one by one") {
  const Json paper = to_json(resolve(parsed(R"({"model": {"name": "mlp", "preset": "paper"}})")));
  CHECK(paper["model"].dump() == R"({"name":"mlp","hidden":[1000,1000],"activation":"relu"})");
  const Json vgg = to_json(resolve(parsed(R"({"model": {"name": "cnn", "preset": "vgg", "dense": []}})")));
  CHECK(vgg["model"]["blocks"].dump() == "[[64,64],[128,128],[256,256,256]]");
  CHECK(vgg["model"]["dense"].empty());
  CHECK(contains(refusal(R"({"model": {"name": "cnn", "preset": "vg"}})"), "did you mean \"vgg\"?"));
  CHECK(contains(refusal(R"({"model": {"name": "gru", "preset": "paper"}})"), "gru has no presets"));
  CHECK(contains(refusal(R"({"model": {"name": "mlp", "x": 1}})"), "known are name, preset, hidden"));
  CHECK(contains(refusal(R"({"model": {"name": "gru", "x": 1}})"), "known are name, layers"));
}

TEST_CASE("defaults that depend on the model or the optimizer") {
  CHECK(resolve(parsed(R"({"model": "mlp"})")).clip_gradient_norm == 0);
  for (const char* model : {"rnn", "lstm", "gru"}) CHECK(resolve({{"model", model}}).clip_gradient_norm == 1);
  CHECK(resolve(parsed(R"({"model": "lstm", "clip_gradient_norm": 0})")).clip_gradient_norm == 0);
  CHECK(resolve(parsed(R"({"optimizer": "sgd"})")).optimizer.learning_rate == 0.1);
  CHECK(resolve(parsed(R"({"optimizer": "adam"})")).optimizer.learning_rate == 1e-3);
  // Any limit that is said takes the place of the default one.
  const Budget budget = resolve(parsed(R"({"budget": {"steps": 7}})")).budget;
  CHECK(budget.epochs == 0);
  CHECK(budget.steps == 7);
  const Budget samples = resolve(parsed(R"({"budget": {"samples": 60000}})")).budget;
  CHECK(samples.epochs == 0);
  CHECK(samples.samples == 60000);
  CHECK(to_json(resolve(parsed(R"({"budget": {"samples": 6e4}})"))).at("budget") ==
        parsed(R"({"samples": 60000})"));
}

TEST_CASE("unknown settings are refused by their dotted path, with the nearest name") {
  CHECK(refusal(R"({"optimizer": {"learning_rat": 1}})")
            .starts_with("optimizer.learning_rat: unknown setting of adam"));
  CHECK(contains(refusal(R"({"optimizer": {"learning_rat": 1}})"),
                 "did you mean \"optimizer.learning_rate\"?"));
  CHECK(contains(refusal(R"({"batchsize": 1})"), "did you mean \"batch_size\"?"));
  CHECK(refusal(R"({"model": {"name": "lstm", "hidden": [3]}})")
            .starts_with("model.hidden: unknown setting of lstm"));
  CHECK(refusal(R"({"norm": {"name": "layer", "groups": 3}})")
            .starts_with("norm.groups: unknown setting of layer"));
  CHECK(refusal(R"({"dataset": {"name": "mnist", "path": "x"}})").starts_with("dataset.path: "));
}

TEST_CASE("unknown names are refused with the nearest one") {
  CHECK(refusal(R"({"norm": "layre"})").starts_with("norm: unknown name \"layre\""));
  CHECK(refusal(R"({"norm": {"name": "layre"}})").starts_with("norm.name: unknown name \"layre\""));
  for (const char* setting : {"model", "norm", "dataset", "init", "optimizer", "schedule", "track"}) {
    std::string name = setting_choices(setting).back();
    name.back() = '?';
    CHECK(contains(request_error([&] { resolve({{setting, name}}); }), "did you mean"));
  }
}

TEST_CASE("wrong types and values out of range are refused by name, value and what is allowed") {
  struct Wrong {
    const char *text, *field;
  };
  for (const Wrong& wrong : {
           Wrong{R"([])", "config"},
           {R"({"batch_size": 0})", "batch_size"},
           {R"({"batch_size": -4})", "batch_size"},
           {R"({"batch_size": 1.5})", "batch_size"},
           {R"({"batch_size": "4"})", "batch_size"},
           {R"({"batch_size": 1e30})", "batch_size"},
           {R"({"seed": -1})", "seed"},
           {R"({"optimizer": {"learning_rate": 0}})", "optimizer.learning_rate"},
           {R"({"optimizer": {"learning_rate": -1}})", "optimizer.learning_rate"},
           {R"({"optimizer": {"learning_rate": "nan"}})", "optimizer.learning_rate"},
           {R"({"optimizer": {"beta2": 1}})", "optimizer.beta2"},
           {R"({"optimizer": {"epsilon": 0}})", "optimizer.epsilon"},
           {R"({"optimizer": {"weight_decay": -0.1}})", "optimizer.weight_decay"},
           {R"({"optimizer": {"name": "momentum", "nesterov": 1}})", "optimizer.nesterov"},
           {R"({"optimizer": 3})", "optimizer"},
           {R"({"norm": {"name": "layer", "epsilon": 0}})", "norm.epsilon"},
           {R"({"norm": {"name": "batch", "momentum": 0}})", "norm.momentum"},
           {R"({"norm": {"name": "group", "groups": 0}})", "norm.groups"},
           {R"({"model": {"hidden": []}})", "model.hidden"},
           {R"({"model": {"hidden": [10, 0]}})", "model.hidden[1]"},
           {R"({"model": {"hidden": 10}})", "model.hidden"},
           {R"({"model": {"name": "cnn", "blocks": [[4], []]}})", "model.blocks[1]"},
           {R"({"model": {"name": "cnn", "blocks": [[4], [0]]}})", "model.blocks[1][0]"},
           {R"({"model": {"name": "lstm", "layers": 0}})", "model.layers"},
           {R"({"dataset": {"validation_fraction": 0}})", "dataset.validation_fraction"},
           {R"({"dataset": {"validation_fraction": 1}})", "dataset.validation_fraction"},
           {R"({"dataset": {"train_limit": -1}})", "dataset.train_limit"},
           {R"({"init": {"scale": 0}})", "init.scale"},
           {R"({"schedule": {"name": "step", "factor": 0}})", "schedule.factor"},
           {R"({"schedule": {"warmup_steps": -1}})", "schedule.warmup_steps"},
           {R"({"clip_gradient_norm": -1})", "clip_gradient_norm"},
           {R"({"keep_training": "yes"})", "keep_training"},
           {R"({"evaluate_every": 0})", "evaluate_every"},
           {R"({"evaluate_every": {"steps": 0}})", "evaluate_every.steps"},
           {R"({"evaluate_every": {"steps": 1, "epochs": 1}})", "evaluate_every"},
           {R"({"evaluate_every": {}})", "evaluate_every"},
           {R"({"budget": {}})", "budget"},
           {R"({"budget": {"epochs": 0}})", "budget.epochs"},
           {R"({"budget": {"seconds": -1}})", "budget.seconds"},
           {R"({"budget": {"samples": 0}})", "budget.samples"},
           {R"({"budget": {"samples": 0.5}})", "budget.samples"},
           {R"({"threads": 0})", "threads"},
           {R"({"target": 0.1})", "target"},
           {R"({"target": "accuracy"})", "target"},
           {R"({"target": "validation.bits_per_character<=2"})", "target"},
           {R"({"initial_parameters": ""})", "initial_parameters"},
       }) {
    CAPTURE(wrong.text);
    const std::string message = refusal(wrong.text);
    CHECK(message.starts_with(std::string(wrong.field) + ": "));
    CHECK(message.ends_with("."));
  }
  const int cores = static_cast<int>(available_cores().size());
  CHECK(request_error([&] { resolve({{"threads", cores + 1}}); }).starts_with("threads: "));
  CHECK_NOTHROW(resolve({{"threads", cores}}));
}

// In single precision they are 0 or infinite, and a network trains with them to nothing, or to no number.
TEST_CASE("numbers that single precision does not hold are refused") {
  struct Setting {
    const char *start, *field;
  };
  for (const Setting& setting : {Setting{R"({"norm": {"name": "layer", "epsilon": )", "norm.epsilon"},
                                 {R"({"optimizer": {"epsilon": )", "optimizer.epsilon"},
                                 {R"({"optimizer": {"learning_rate": )", "optimizer.learning_rate"},
                                 {R"({"optimizer": {"weight_decay": )", "optimizer.weight_decay"},
                                 {R"({"init": {"scale": )", "init.scale"}}) {
    for (const char* value : {"1e-50", "1e-39", "1e39"}) {
      CAPTURE(value);
      CHECK(refusal((std::string(setting.start) + value + "}}").c_str())
                .starts_with(std::string(setting.field) + ": "));
    }
  }
  CHECK(refusal(R"({"clip_gradient_norm": 1e-50})").starts_with("clip_gradient_norm: "));
  CHECK(refusal(R"({"optimizer": {"beta1": 0.999999999}})").starts_with("optimizer.beta1: "));
  CHECK(refusal(R"({"norm": {"name": "batch", "momentum": 1e-50}})").starts_with("norm.momentum: "));
  CHECK_NOTHROW(
      resolve(parsed(R"({"norm": {"name": "layer", "epsilon": 1.2e-38}, "clip_gradient_norm": 0})")));
}

TEST_CASE("integers that are too large are refused with both limits") {
  CHECK(contains(refusal(R"({"batch_size": 1e30})"), "an integer from 1 to 1099511627776 is"));
  CHECK(contains(refusal(R"({"model": {"name": "lstm", "layers": 2000000000000}})"),
                 "an integer from 1 to 1099511627776 is"));
  CHECK(contains(refusal(R"({"seed": 1e30})"), "an integer from 0 to 18446744073709551615 is"));
}

TEST_CASE("targets that cannot be reached are refused") {
  CHECK(refusal(R"({"target": "validation.error<=-1"})").starts_with("target: \"validation.error<=-1\""));
  CHECK_NOTHROW(resolve(parsed(R"({"target": "train.error<=0"})")));
}

TEST_CASE("what things are called elsewhere is refused with the name that they have here") {
  CHECK(contains(refusal(R"({"lr": 1})"), "did you mean \"optimizer.learning_rate\"?"));
  CHECK(contains(refusal(R"({"learning_rate": 1})"), "did you mean \"optimizer.learning_rate\"?"));
  CHECK(contains(refusal(R"({"optimizer": {"lr": 1}})"), "did you mean \"optimizer.learning_rate\"?"));
  CHECK(contains(refusal(R"({"epochs": 1})"), "did you mean \"budget.epochs\"?"));
  CHECK(contains(refusal(R"({"bs": 1})"), "did you mean \"batch_size\"?"));
  CHECK(contains(refusal(R"({"model": {"hidden_size": 1}})"), "did you mean \"model.hidden\"?"));
  CHECK(contains(refusal(R"({"model": {"name": "lstm", "hidden": [1]}})"),
                 "did you mean \"model.hidden_size\"?"));
  CHECK(contains(refusal(R"({"dataset": "MNIST"})"), "did you mean \"mnist\"?"));
  CHECK(contains(refusal(R"({"dataset": "bible"})"), "did you mean \"text:bible\"?"));
  CHECK(contains(refusal(R"({"norm": "ln"})"), "did you mean \"layer\"?"));
}

TEST_CASE("limits of validation and test are written where they limit something") {
  const Json json = to_json(resolve(parsed(R"({"dataset": {"validation_limit": 5, "test_limit": 0}})")));
  CHECK(json["dataset"]["validation_limit"] == 5);
  CHECK_FALSE(json["dataset"].contains("test_limit"));
  CHECK(to_json(resolve(json)) == json);
}

TEST_CASE("integers may be written with an exponent") {
  CHECK(resolve(parsed(R"({"budget": {"steps": 1e4}})")).budget.steps == 10000);
}

TEST_CASE("a run's id depends on its resolved settings and on nothing else") {
  const RunConfig config = resolve(parsed(R"({"norm": "layer", "batch_size": 4})"));
  CHECK(run_id(config).starts_with("mlp-layer-b4-s1-"));
  CHECK(run_id(config).size() == std::string("mlp-layer-b4-s1-01234567").size());
  CHECK(run_id(config) == run_id(resolve(parsed(R"({"batch_size": 4.0, "norm": {"name": "layer"}})"))));
  CHECK(run_id(config) == run_id(resolve(to_json(config))));
  CHECK(config_hash(to_json(config)) !=
        config_hash(to_json(resolve(parsed(R"({"norm": "layer", "batch_size": 4, "seed": 2})")))));
  CHECK(config_hash(to_json(config)) !=
        config_hash(
            to_json(resolve(parsed(R"({"norm": "layer", "batch_size": 4, "optimizer": {"beta2": 0.99}})")))));
}

// Sweeps are resumed by these ids: a change here makes every folder of results that is under way a different
// spec's.
TEST_CASE("ids stay the same from version to version") {
  CHECK(run_id(resolve(Json::object())) == "mlp-none-b32-s1-cdfed7fe");
  CHECK(run_id(resolve(parsed(R"({"model": "lstm", "norm": "layer", "batch_size": 4, "seed": 3,
                                  "target": "validation.error<=0.15"})"))) == "lstm-layer-b4-s3-089af18a");
  CHECK(run_id(resolve(parsed(R"({"dataset": "text:ascii.txt", "model": "lstm", "budget": {"steps": 20},
                                  "evaluate_every": {"steps": 10}})"))) == "lstm-none-b32-s1-e2072a07");
}
