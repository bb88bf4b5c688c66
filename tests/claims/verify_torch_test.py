"""What scripts/verify_torch.py rests on, without the trainings: python3 tests/claims/verify_torch_test.py

Statistics need numpy; networks and batches PyTorch. What cannot be imported is passed over.
"""
import itertools
import json
import math
import pathlib
import random
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from verify.claims import load_claims
from verify.measure import Measure, Observation, restricted
from verify.output import require_writable
from verify.refusal import Refusal

try:
    import numpy
except ModuleNotFoundError:
    numpy = None
try:
    import torch
except ModuleNotFoundError:
    torch = None


def curve(errors):
    return [{"step": 10 * place, "epoch": place / 4, "validation": {"error": error}}
            for place, error in enumerate(errors, 1)]  # fmt: skip


def record(norm, batch, seed, errors, status="reached_target"):
    config = {"model": {"name": "mlp"}, "norm": {"name": norm}, "batch_size": batch, "seed": seed}
    metrics = [{"name": "error", "better": "lower"}]
    return {"id": f"{norm}-{batch}-{seed}", "status": status, "config": config, "metrics": metrics,
            "evaluations": curve(errors)}  # fmt: skip


class Folder:
    """A file of claims and the results that it is about, for a test."""

    def __init__(self, folder, records, others=(), **contrast):  # others: runs that sweep.json does not list
        self.folder = pathlib.Path(folder)
        contrast = {"setting": "norm", "value": "layer", "reference": "none", "measure": "steps",
                    "target": "validation.error<=0.2 for 2", **contrast}  # fmt: skip
        claim = {"id": "A", "claim": "It is faster.", "experiment": {"spec": "spec.json"}, "contrasts": [contrast]}
        document = {"schema": "normlab.claims/1", "seeds": {"final": "1..2"}, "claims": [claim]}
        runs = self.folder / "results/spec/runs"
        runs.mkdir(parents=True)
        grid = {"norm": ["none", "layer"], "batch_size": [4, 32], "seed": [1, 2]}
        self._write("claims.json", document)
        self._write("spec.json", {"name": "spec"})
        self._write("results/spec/sweep.json", {"grid": grid, "runs": [one["id"] for one in records]})
        for one in [*records, *others]:
            self._write(f"results/spec/runs/{one['id']}.json", one)

    def _write(self, name, document):
        (self.folder / name).write_text(json.dumps(document))

    def load(self):
        return load_claims(str(self.folder / "claims.json"), self.folder / "results")


def whole_grid(seeds=(1, 2)):
    cells = itertools.product(("none", "layer"), (4, 32), seeds)
    return [record(norm, batch, seed, [0.5, 0.1, 0.1]) for norm, batch, seed in cells]


class Claims(unittest.TestCase):
    def refusal_of(self, records, **contrast):
        with tempfile.TemporaryDirectory() as folder, self.assertRaises(Refusal) as caught:
            Folder(folder, records, **contrast).load()
        return str(caught.exception)

    def test_every_combination_of_the_other_axes_is_a_contrast(self):
        with tempfile.TemporaryDirectory() as folder:
            (claim,) = Folder(folder, whole_grid()).load()
        labels = [contrast.label for contrast in claim.contrasts]
        self.assertEqual(sorted(labels), ["layer / none, batch size 32", "layer / none, batch size 4"])
        for contrast in claim.contrasts:
            self.assertEqual([one["config"]["norm"]["name"] for one in contrast.first.records], ["layer", "layer"])
            self.assertEqual(contrast.first.config["batch_size"], contrast.second.config["batch_size"])
            self.assertEqual(contrast.first.measure.text, "steps to validation.error<=0.2 for 2")

    def test_runs_that_are_no_longer_the_experiments_are_left_out(self):
        older = {**record("layer", 4, 1, [0.9, 0.9]), "id": "of-older-settings"}
        with tempfile.TemporaryDirectory() as folder:
            (claim,) = Folder(folder, whole_grid(), others=[older]).load()
        ids = [one["id"] for cell in claim.cells for one in cell.records]
        self.assertEqual(sorted(ids), sorted(one["id"] for one in whole_grid()))

    def test_where_leaves_some(self):
        with tempfile.TemporaryDirectory() as folder:
            (claim,) = Folder(folder, whole_grid(), where={"batch_size": [4]}).load()
        self.assertEqual([contrast.label for contrast in claim.contrasts], ["layer / none, batch size 4"])

    def test_what_is_missing_or_wrong_is_refused_by_name(self):
        self.assertIn("1 of the 2 seeds", self.refusal_of(whole_grid(seeds=(1,))))
        interrupted = [{**one, "status": "interrupted"} for one in whole_grid()]
        self.assertIn("0 of the 2 seeds", self.refusal_of(interrupted))
        self.assertIn("measure: seconds", self.refusal_of(whole_grid(), measure="seconds"))
        self.assertIn("target:", self.refusal_of(whole_grid(), target="error is small"))
        self.assertIn("where:", self.refusal_of(whole_grid(), where={"batch_size": 7}))
        without_config = [{**one, "config": {}} for one in whole_grid()]
        self.assertIn("not whole (KeyError('seed'))", self.refusal_of(without_config))
        with self.assertRaises(Refusal) as caught:
            load_claims("C-unknown", "results")
        self.assertIn("C-unknown", str(caught.exception))


class Output(unittest.TestCase):
    def test_a_file_that_cannot_be_written_is_refused_before_work_and_no_file_is_touched(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "there").write_text("mine")
            for file in "there", "new":
                require_writable(folder / file)
            self.assertEqual([file.name for file in folder.iterdir()], ["there"])
            self.assertEqual((folder / "there").read_text(), "mine")
            for file in folder, folder / "no folder/file", folder / ("long" * 100):
                with self.assertRaisesRegex(Refusal, "json: "):
                    require_writable(file)


class Events(unittest.TestCase):
    def observe(self, errors, diverged=False, target="validation.error<=0.2 for 2"):
        return Measure("steps", target).observe(curve(errors), diverged)

    def test_the_event_is_the_first_of_the_evaluations_in_a_row(self):
        self.assertEqual(self.observe([0.3, 0.1, 0.3, 0.2, 0.1]), Observation(40))

    def test_a_run_that_ends_within_such_a_row_is_censored_before_it(self):
        self.assertEqual(self.observe([0.3, 0.3, 0.1]), Observation(20, event=False))
        self.assertEqual(self.observe([0.1]), Observation(0, event=False))

    def test_a_diverged_run_never_comes_there(self):
        self.assertEqual(self.observe([0.3], diverged=True), Observation(math.inf, event=False))
        self.assertEqual(self.observe([0.1, 0.1], diverged=True), Observation(10))

    def test_metrics(self):
        best = Measure("best_metric", metric="error").observe(curve([0.3, 0.1, 0.2]), False)
        final = Measure("final_metric", metric="error").observe(curve([0.3, 0.1, 0.2]), False)
        self.assertEqual([best, final], [Observation(0.1), Observation(0.2)])

    def test_samples_are_cut_where_the_first_run_is_censored(self):
        ours = [Observation(10), Observation(50), Observation(math.inf, event=False)]
        self.assertEqual(restricted([ours, [Observation(30, event=False)]]), [[10, 30, 30], [30]])
        self.assertEqual(restricted([ours]), [[10, 50, 50]])


@unittest.skipIf(numpy is None, "numpy is not installed")
class Statistics(unittest.TestCase):
    def test_rank_sum_test(self):
        from verify.rank_test import rank_sum_p, smallest_p

        # SciPy 1.10: mannwhitneyu([1.1, 2.2, 9.1], [3, 4, 5, 6, 7.5], method="exact")
        self.assertAlmostEqual(rank_sum_p([1.1, 2.2, 9.1], [3, 4, 5, 6, 7.5]), 0.5714285714285714, places=12)
        # With ties, by hand: of the 3 ways to choose one of 1, 1, 2, two have 1.5 and one has 3; the mean is 2.
        self.assertAlmostEqual(rank_sum_p([2], [1, 1]), 1 / 3)
        self.assertAlmostEqual(rank_sum_p([1], [1, 2]), 1)
        self.assertAlmostEqual(rank_sum_p([1, 2, 3], range(4, 14)), smallest_p(3, 10))
        self.assertEqual(rank_sum_p([5, 5], [5, 5, 5]), 1)

    def test_the_interval_leaves_out_what_the_test_rejects(self):
        from verify.rank_test import rank_sum_p, ratio_interval

        draws = random.Random(1)
        for _ in range(50):
            first = [math.exp(draws.gauss(0.3, 1)) for _ in range(4)]
            second = [math.exp(draws.gauss(0, 1)) for _ in range(9)]
            _, lower, upper = ratio_interval(first, second, 0.05)
            self.assertEqual(lower < 1 < upper, rank_sum_p(first, second) > 0.05)
        self.assertEqual(ratio_interval([2.0], [1.0], 0.05), (2.0, 0.0, math.inf))

    def test_holm(self):
        from verify.rank_test import holm

        for found, wanted in zip(holm([0.01, 0.04, 0.03]), [0.03, 0.06, 0.06]):
            self.assertAlmostEqual(found, wanted)


@unittest.skipIf(torch is None, "PyTorch is not installed")
class Training(unittest.TestCase):
    def test_a_last_batch_of_one_is_left_out(self):
        from verify.training import TrainingImages

        images = torch.arange(9, dtype=torch.uint8).view(9, 1, 1)
        batches = TrainingImages(images, torch.arange(9), 4, (0.0, 1.0), shuffle=True)
        module = torch.nn.Linear(1, 1)
        sizes = [len(labels) for _, labels in batches.epoch(module)]
        self.assertEqual((batches.steps_per_epoch(), sizes), (2, [4, 4]))

    def test_evaluations_and_the_end_of_the_budget(self):
        from verify.training import evaluation_steps, last_step

        due = evaluation_steps({"evaluate_every": {"epochs": 0.25}}, 79)
        self.assertEqual([next(due) for _ in range(5)], [20, 40, 60, 79, 99])

        class Batches:
            used = 1000

            def steps_per_epoch(self):
                return 32

        config = {"dataset": {"name": "mnist"}, "batch_size": 32, "budget": {"samples": 1500, "epochs": 3}}
        self.assertEqual(last_step(config, Batches()), 48)

    def test_weights_start_as_the_network_says(self):
        from verify.datasets import ImageData
        from verify.network import make_network

        torch.manual_seed(1)
        data = ImageData(train=(torch.zeros(1, 28, 28),), validation=(), classes=10, scale=(0, 1), checksum="")
        config = {
            "dataset": {"name": "mnist"}, "init": {"name": "standard", "scale": 2},
            "model": {"name": "mlp", "hidden": [300], "activation": "relu"},
            "norm": {"name": "weight"},
        }  # fmt: skip
        parameters = dict(make_network(config, data).named_parameters())
        direction, gain = (parameters[f"hidden.0.linear.weight_{part}"] for part in "vg")
        self.assertAlmostEqual(float(direction.std()), 2 * (2 / 784) ** 0.5, delta=1e-3)
        self.assertTrue(torch.allclose(direction.norm(dim=1, keepdim=True), gain))
        bound = 2 * (6 / (300 + 10)) ** 0.5
        self.assertAlmostEqual(float(parameters["output.weight"].detach().abs().max()), bound, delta=0.01 * bound)
        self.assertEqual(float(parameters["output.bias"].detach().abs().max()), 0)


if __name__ == "__main__":
    unittest.main()
