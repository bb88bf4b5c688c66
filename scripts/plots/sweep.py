"""The runs of a sweep, grouped as the figures show them: by model, norm and batch size."""

import json
import math
from typing import NamedTuple

from plots.records import number_at, value_at
from plots.style import NORM_STYLES


class Clock(NamedTuple):
    """Where a record has the times that the figures show."""

    to_target: str  # the field of `convergence`
    evaluation: str  # the field of an evaluation, in the unit below
    unit: str  # the field of the record with the unit's seconds; "" when it is the second
    note: str
    apart: bool = False  # the unit is a step, as times.json has it (Run.step_seconds)


AS_MEASURED = Clock(
    to_target="train_seconds",
    evaluation="seconds.train",
    unit="",
    note="Times are as measured on the training clock, which pauses for evaluation.",
)
MEDIAN_STEPS = Clock(
    to_target="train_seconds_from_median_step",
    evaluation="step",
    unit="step_seconds.median",
    note="Times are the number of steps times the run's own median step time, taken beside other runs: no times.json"
    " has all of these steps on this machine.",
)
TIMED_APART = Clock(
    to_target="steps",
    evaluation="step",
    unit="",
    note="Times are the number of steps times the time of a step, which was measured apart (times.json).",
    apart=True,
)

# On these the time of a step does not depend (docs/results-format.md).
UNTIMED = ("seed", "target", "keep_training", "budget", "evaluate_every", "track", "init", "initial_parameters", "schedule")


def timed_settings(config):
    settings = {key: value for key, value in config.items() if key not in UNTIMED}
    if isinstance(settings.get("optimizer"), dict):
        settings["optimizer"] = {k: v for k, v in settings["optimizer"].items() if k != "learning_rate"}
    return settings


def give_step_times(runs, times):
    """Gives each run the time of its step that a times.json has of the run's machine."""
    cells = value_at(times, "cells", [])
    cells = [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []
    for run in runs:
        fields = ("environment.cpu", "environment.simd")
        if any(value_at(times, field) != value_at(run.record, field) for field in fields):
            continue
        settings = timed_settings(run.record["config"])
        cell = next((cell for cell in cells if cell.get("settings") == settings), None)
        run.step_seconds = number_at(cell, "step_seconds.median")


def clock_of(runs):
    """Of steps that were timed apart, if those of all runs were: times of two kinds do not compare."""
    evaluated = [run for run in runs if run.evaluations]
    return TIMED_APART if evaluated and all(run.step_seconds for run in evaluated) else MEDIAN_STEPS


def is_median_doubtful(record):
    """Whether something else had the core during most steps (docs/results-format.md)."""
    seconds = number_at(record, "training_clock.seconds") or 0
    steps = number_at(record, "training_clock.steps") or 0
    cpu_seconds = number_at(record, "training_clock.cpu_seconds") or 0
    shortest = min(seconds, steps * (number_at(record, "step_seconds.median") or 0))
    return seconds >= 0.2 and shortest > 1.2 * cpu_seconds


class Run:
    """One record, and what the figures need of it."""

    def __init__(self, record):
        self.record = record
        self.model = record["config"]["model"]["name"]
        self.norm = record["config"]["norm"]["name"]
        self.batch_size = int(record["config"]["batch_size"])
        self.seed = record["config"]["seed"]
        self.status = record["status"]
        self.settings = settings_of(record)
        self.target = value_at(record, "config.target", "")
        self.evaluations = [e for e in value_at(record, "evaluations", []) if isinstance(e, dict)]
        self.doubtful_times = bool(value_at(record, "time_warnings", []))
        self.doubtful_median = is_median_doubtful(record)
        self.epochs_to_target = number_at(record, "convergence.epochs")
        self.converged = self.epochs_to_target is not None
        self.step_seconds = None  # measured apart

    @property
    def ended(self):
        """Neither failed, nor interrupted, nor undefined, which reports leave out."""
        return self.status in ("reached_target", "missed_target", "diverged", "finished")

    @property
    def counts(self):
        """Whether the run tells something about reaching the target."""
        return bool(self.target) and self.ended

    def to_target(self, clock=None):
        """Seconds to the target, or epochs without a clock; infinite for a miss."""
        field = clock.to_target if clock else "epochs"
        value = number_at(self.record, f"convergence.{field}") if self.converged else None
        return math.inf if value is None else value * (self.step_seconds if clock and clock.apart else 1)

    def curve(self, metric, clock=None):
        """Points of the validation metric by training time, or by epoch without a clock."""
        field = clock.evaluation if clock else "epoch"
        unit = number_at(self.record, clock.unit) if clock and clock.unit else 1
        unit = self.step_seconds if clock and clock.apart else unit
        if unit is None:
            return []
        points = [(number_at(e, field), number_at(e, f"validation.{metric}")) for e in self.evaluations]
        return [(x * unit, y) for x, y in points if x is not None and y is not None]

    def observation(self, end):
        """(epochs, whether the target was reached then) as the event of the run. One that diverged before it never
        reaches it: it is censored at `end`, where nothing is seen of any other run."""
        if self.converged:
            return self.epochs_to_target, True
        return (end if self.status == "diverged" else self.last_epoch), False

    @property
    def last_epoch(self):
        return number_at(self.evaluations[-1], "epoch") or 0 if self.evaluations else 0


def in_order(names, order):
    """Distinct names: first those that `order` knows, in that order, then the others alphabetically."""
    distinct = set(names)
    known = [name for name in dict.fromkeys(order) if name in distinct]
    return known + sorted(distinct.difference(known))


def norms_of(runs):
    return in_order((run.norm for run in runs), NORM_STYLES)


def spec_models(spec):
    """Model names in the order of the sweep's grid."""
    grid = value_at(spec, "grid", {})
    entries = []
    for key in ("model", "model.name"):
        entries += grid.get(key, []) if isinstance(grid.get(key), list) else []
    return [entry.get("name") if isinstance(entry, dict) else entry for entry in entries]


def flatten(settings, prefix=""):
    flat = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = value
    return flat


def settings_of(record):
    """All of a run's, by dotted path. A young setting is left out of the config where it is at its default."""
    return flatten(record.get("defaults", {})) | flatten(record["config"])


def varying_settings(runs):
    """Paths of what runs of one model, norm and batch size differ in beside the seed: a learning rate, say."""
    written = {path for run in runs for path in flatten(run.record["config"])}
    groups = {}
    for run in runs:
        groups.setdefault((run.model, run.norm, run.batch_size), []).append(run.settings)
    return sorted(
        path
        for path in written - {"seed"}
        if any(len({json.dumps(settings.get(path)) for settings in group}) > 1 for group in groups.values())
    )


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def short_name(path):
    """"learning rate" of optimizer.learning_rate."""
    return path.rsplit(".", 1)[-1].replace("_", " ")


class Block:
    """The runs of one model that differ in nothing but norm, batch size and seed: a row of panels, or a panel."""

    def __init__(self, model, values, runs):
        self.model, self.values, self.runs = model, values, runs  # values of the sweep's varying settings
        self.target = next((run.target for run in runs if run.target), "")
        self.batch_sizes = sorted({run.batch_size for run in runs})

    @property
    def name(self):
        parts = [f"{short_name(path)} {value if value is not None else 'none'}" for path, value in self.values.items()]
        return ", ".join([self.model] + parts)

    def runs_of(self, norm, batch_size):
        return [run for run in self.runs if (run.norm, run.batch_size) == (norm, batch_size)]

    def runs_of_size(self, batch_size):
        return [run for run in self.runs if run.batch_size == batch_size]

    def counting(self):
        return [run for run in self.runs if run.counts]


class Sweep:
    """The runs of a set of figures."""

    def __init__(self, name, runs, model_order, chosen=()):
        """`chosen` are paths of settings that a search chose for each norm: sides of a comparison may differ in them."""
        self.name, self.runs = name, runs
        self.models = in_order((run.model for run in runs), model_order)
        self.norms = norms_of(runs)
        self.batch_sizes = sorted({run.batch_size for run in runs})
        self.varying = [path for path in varying_settings(runs) if path not in chosen]
        self.several_seeds = len({run.seed for run in runs}) > 1
        self.blocks = self.blocks_without([])
        self.targets = list(dict.fromkeys(block.target for block in self.blocks))

    def blocks_without(self, paths):
        """Blocks whose runs may differ in the settings at `paths` as well. Ordered by model, then by values."""
        members = {}
        kept = [path for path in self.varying if path not in paths]
        for run in self.runs:
            values = {path: run.settings.get(path) for path in kept}
            order = [(not is_number(value), value if is_number(value) else str(value)) for value in values.values()]
            members.setdefault((self.models.index(run.model), tuple(order)), (values, []))[1].append(run)
        return [Block(self.models[key[0]], values, runs) for key, (values, runs) in sorted(members.items())]

    def panels(self, keep):
        """(block, batch size) of each panel: those with a run that `keep` takes."""
        return [
            (block, size)
            for block in self.blocks
            for size in self.batch_sizes
            if any(keep(run) for run in block.runs_of_size(size))
        ]

    def numeric_settings(self):
        """Varying settings that are a number wherever they are there, with all their values: at least two."""
        found = {}
        for path in self.varying:
            values = {run.settings.get(path) for run in self.runs if not isinstance(run.settings.get(path), list)}
            if len(values) > 1 and all(is_number(value) and math.isfinite(value) for value in values):
                found[path] = sorted(values)
        return found

    def shown_norms(self):
        return [norm for norm in self.norms if any(run.norm == norm and run.evaluations for run in self.runs)]
