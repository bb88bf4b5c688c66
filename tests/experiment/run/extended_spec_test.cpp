#include "normlab/experiment/run/extended_spec.h"

#include <doctest/doctest.h>

#include <set>

#include "data/idx_files.h"
#include "normlab/experiment/run/run_store.h"
#include "normlab/experiment/spec/shell_changes.h"

using namespace normlab;
using namespace normlab::testing;

namespace {

SweepSpec spec_from(const std::string& text) {
  return parse_sweep_spec(parse_json(text, "test"), "test");
}

SweepSpec changed(SweepSpec spec, const std::vector<std::string>& settings) {
  for (const std::string& text : settings) apply_shell_setting(spec, parse_shell_setting(text));
  return spec;
}

std::set<std::string> run_ids(const SweepSpec& spec) {
  std::set<std::string> ids;
  for (const SweepRun& run : expand(spec)) ids.insert(run.id);
  return ids;
}

const char* const two_norms = R"({"base": {"optimizer": {"learning_rate": 0.01}, "norm": {"epsilon": 1e-4}},
  "grid": {"norm": ["layer", "rms"], "seed": [1, 2]}})";

// A folder with the sweep.json of that spec.
class Folder {
 public:
  explicit Folder(const SweepSpec& spec) { RunStore(path(), spec, expand(spec)); }
  const std::filesystem::path& path() const { return temporary_.path(); }

  SweepSpec extended(const SweepSpec& asked) const { return extended_spec(path(), asked, 1000); }
  // Why a search for `asked` would be in vain, or "".
  std::string refusal_before_search(const SweepSpec& asked) const {
    return request_error([&] { require_extensible(path(), asked, 1000); });
  }

 private:
  TemporaryFolder temporary_;
};

}  // namespace

TEST_CASE("seeds that are asked for join those of the folder, in whatever way they are asked for") {
  const SweepSpec spec = spec_from(two_norms);
  const Folder folder(spec);
  const auto wanted = run_ids(changed(spec, {"seed=1..3"}));
  CHECK(wanted.size() == 6);
  CHECK(run_ids(folder.extended(changed(spec, {"seed=1..3"}))) == wanted);
  CHECK(run_ids(folder.extended(changed(spec, {"seed=3"}))) == wanted);
  CHECK(run_ids(folder.extended(changed(spec, {"seed=2,3"}))) == wanted);
  CHECK(run_ids(folder.extended(changed(load_sweep_spec(folder.path() / "sweep.json"), {"seed=3"}))) ==
        wanted);
  CHECK(run_ids(folder.extended(spec)) == run_ids(spec));
}

TEST_CASE("values along any axis join those of the folder, and a single value there makes an axis") {
  const SweepSpec spec = spec_from(two_norms);
  const Folder folder(spec);
  CHECK(run_ids(folder.extended(changed(spec, {"norm=batch"}))) ==
        run_ids(changed(spec, {"norm=layer,rms,batch"})));
  // Said in the base of the folder, and at the default there.
  CHECK(run_ids(folder.extended(changed(spec, {"optimizer.learning_rate=0.1,1"}))) ==
        run_ids(changed(spec, {"optimizer.learning_rate=0.01,0.1,1"})));
  CHECK(run_ids(folder.extended(changed(spec, {"batch_size=4,8"}))) ==
        run_ids(changed(spec, {"batch_size=4,8,32"})));
}

TEST_CASE("the values of an axis stay in the order of whoever has all of them") {
  const SweepSpec spec = changed(spec_from(two_norms), {"batch_size=8,64"});
  const Folder folder(spec);
  const auto sizes = [&](const char* setting) {
    return folder.extended(changed(spec, {setting})).grid[2].values;
  };
  CHECK(sizes("batch_size=4,8,32,64") == std::vector<Json>{4, 8, 32, 64});
  CHECK(sizes("batch_size=4,8") == std::vector<Json>{8, 64, 4});
}

TEST_CASE("before a search a folder is looked at for all but what is chosen") {
  const char* const searched = R"({"base": {"model": {"name": "mlp", "hidden": [8]}},
    "grid": {"norm": ["layer", "rms"], "seed": [1]},
    "overrides": [{"when": {"norm": "rms"}, "set": {"optimizer.weight_decay": 0.01}}],
    "tune": {"space": {"optimizer.learning_rate": {"log": [1e-3, 1]}}, "trials": 2, "seeds": [101]}})";
  const SweepSpec asked = spec_from(searched);
  SweepSpec there = asked;
  there.tune.reset();
  CHECK(contains(Folder(there).refusal_before_search(asked), "tuned in optimizer.learning_rate"));
  for (const char* norm : {"layer", "rms"}) {
    const double rate = std::string(norm) == "rms" ? 0.02 : 0.01;
    there.overrides.push_back({{{"norm.name", norm}}, {{"optimizer.learning_rate", rate}}});
  }
  there.chosen = {"optimizer.learning_rate"};
  there.tuned_on = {101};
  const Folder folder(there);
  CHECK(folder.refusal_before_search(asked).empty());
  CHECK(folder.refusal_before_search(changed(asked, {"norm=layer,rms,batch"})).empty());
  CHECK(folder.refusal_before_search(changed(asked, {"seed=2,3"})).empty());
  CHECK(contains(folder.refusal_before_search(changed(asked, {"model.hidden=[9]"})), "base.model"));
  SweepSpec other = asked;
  other.overrides[0].set[0].second = 0.5;
  CHECK(contains(folder.refusal_before_search(other), "extend: "));
  other = asked;
  other.tune->space[0].path = "optimizer.momentum";
  CHECK(contains(folder.refusal_before_search(other), "tuned in optimizer.momentum"));
  // Whoever adds seeds later has none of the search's, be it without saying "tune".
  CHECK(contains(request_error([&] { folder.extended(changed(there, {"seed=101"})); }), "tuned_on: 101"));
  there.tuned_on.clear();
  CHECK(contains(request_error([&] { folder.extended(changed(there, {"seed=101"})); }), "tuned_on: 101"));
  CHECK(folder.extended(changed(there, {"seed=2"})).tuned_on == std::vector<std::uint64_t>{101});
}

TEST_CASE(
    "what differs from the folder in more than the values of axes is refused, and no folder is needed less") {
  const SweepSpec spec = spec_from(two_norms);
  const Folder folder(spec);
  const auto refusal = [&](const SweepSpec& asked) { return request_error([&] { folder.extended(asked); }); };
  // A single value of what is no axis there leaves nothing of the folder.
  const std::string message = refusal(changed(spec, {"optimizer.learning_rate=0.1", "seed=1..3"}));
  CHECK(contains(message, "extend: \"" + folder.path().string()));
  CHECK(contains(message, "base.optimizer"));
  CHECK(contains(refusal(spec_from(R"({"grid": {"norm": ["layer", "rms"], "seed": [1, 2]}})")), "base"));
  // An experiment without the axis asks for runs at the default, which the folder need not have.
  CHECK(contains(refusal(changed(spec_from(R"({"base": {"optimizer": {"learning_rate": 0.5}}})"), {})),
                 "extend: "));
  const TemporaryFolder empty;
  CHECK(contains(request_error([&] { extended_spec(empty.path(), spec, 1000); }), "sweep.json"));
  CHECK(contains(request_error([&] { extended_spec(folder.path(), changed(spec, {"seed=1..9"}), 10); }),
                 "grid: 18 runs"));
}
