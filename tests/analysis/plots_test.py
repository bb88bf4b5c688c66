"""What the figures of scripts/plot.py rest on, without matplotlib: python3 tests/analysis/plots_test.py"""
import math
import pathlib
import sys
import unittest

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from plots.learning_curves import draw_runs, median_curve
from plots.sweep import MEDIAN_STEPS, TIMED_APART, Run, clock_of, give_step_times
from plots.thresholds import thresholds_of

ERROR = {"name": "error", "unit": "fraction", "better": "lower"}


def run(status, values, seed=1, learning_rate=0.1):
    evaluations = [
        {"epoch": i + 1, "step": 10 * (i + 1), "seconds": {"train": i}, "validation": {"error": value}}
        for i, value in enumerate(values)
    ]
    config = {"model": {"name": "mlp"}, "norm": {"name": "layer"}, "batch_size": 4, "seed": seed,
              "optimizer": {"name": "sgd", "learning_rate": learning_rate}, "target": "validation.error<=0.1"}
    record = {"status": status, "config": config, "evaluations": evaluations, "step_seconds": {"median": 1.5},
              "environment": {"cpu": "a", "simd": "b"}}
    if status == "reached_target":
        record["convergence"] = {"epochs": len(values), "steps": 10 * len(values)}
    return Run(record)


class Axes:
    """Keeps what is drawn: (xs, ys, width) of each line."""

    def __init__(self):
        self.lines = []

    def plot(self, x, y, *_, **style):
        if "linewidth" in style and not isinstance(x, (int, float)):
            self.lines.append((list(x), list(y), style["linewidth"]))


class Curves(unittest.TestCase):
    def test_a_diverged_run_counts_once_while_it_trains(self):
        curves = [[(1, 0.5), (2, 0.4), (3, 0.3)], [(1, 0.5), (2, 0.6)], [(1, 0.1)], [(1, 0.1)], [(1, 0.1)]]
        points, whole = median_curve(curves, [False, True, False, False, False], math.inf)
        self.assertEqual(points, [(1, 0.1)])  # of the second one, but two of five go on
        self.assertEqual(whole, 1)

    def medians(self, runs):
        axes = Axes()
        draw_runs(axes, "layer", runs, ERROR, None, 1)
        return [ys for _, ys, width in axes.lines if width > 1]

    def test_diverged_before_the_first_evaluation_is_worse_than_any(self):
        runs = [run("finished", [0.2]), run("finished", [0.4]), run("diverged", [])]
        self.assertEqual(self.medians(runs), [[0.4]])

    def test_what_did_not_end_has_no_part_in_the_median(self):
        runs = [run("finished", [0.2, 0.2]), run("finished", [0.4, 0.4]), run("failed", [0.9]),
                run("interrupted", [0.9])]
        self.assertEqual([[round(y, 9) for y in ys] for ys in self.medians(runs)], [[0.3, 0.3]])


class Thresholds(unittest.TestCase):
    def test_there_are_none_where_every_value_is_zero(self):
        self.assertEqual(thresholds_of([[(1, 0), (2, 0)]], True, None), [])


class Clocks(unittest.TestCase):
    def setUp(self):
        self.runs = [run("reached_target", [0.2, 0.1]), run("reached_target", [0.1], seed=2, learning_rate=0.2)]
        settings = {"model": {"name": "mlp"}, "norm": {"name": "layer"}, "batch_size": 4, "optimizer": {"name": "sgd"}}
        self.times = {"environment": {"cpu": "a", "simd": "b"},
                      "cells": [{"settings": settings, "step_seconds": {"median": 0.25}}]}

    def test_seconds_are_steps_times_the_time_that_was_measured_apart(self):
        give_step_times(self.runs, self.times)
        clock = clock_of(self.runs)
        self.assertIs(clock, TIMED_APART)
        self.assertEqual([one.to_target(clock) for one in self.runs], [5, 2.5])
        self.assertEqual(self.runs[0].curve("error", clock), [(2.5, 0.2), (5, 0.1)])

    def test_of_another_machine_or_without_a_cell_the_own_step_times_are_said_to_be_used(self):
        self.times["environment"]["cpu"] = "another"
        give_step_times(self.runs, self.times)
        self.assertIs(clock_of(self.runs), MEDIAN_STEPS)
        self.assertIn("no times.json", MEDIAN_STEPS.note)
        self.times["environment"]["cpu"] = "a"
        self.times["cells"][0]["settings"]["clip_gradient_norm"] = 1.0
        give_step_times(self.runs, self.times)
        self.assertIs(clock_of(self.runs), MEDIAN_STEPS)


if __name__ == "__main__":
    unittest.main()
