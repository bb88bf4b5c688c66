"""What a claim measures of a run, read from its evaluations in the same way whoever trained it."""
import math
import operator
import re
from dataclasses import dataclass, replace

from verify.refusal import Refusal

TARGET = re.compile(r"(train|validation)\.(\w+)\s*(<=|>=)\s*([-+.\deE]+)(?:\s+for\s+(\d+))?")
COMPARE = {"<=": operator.le, ">=": operator.ge}


@dataclass(frozen=True)
class Observation:
    value: float  # infinite where a run diverged before its event
    event: bool = True  # or censored: the event comes later than `value`, if at all


class Target:
    """`SPLIT.METRIC<=NUMBER for COUNT`."""

    def __init__(self, text):
        match = TARGET.fullmatch((text or "").strip())
        if match is None:
            raise Refusal(f'target: {text!r} is none such as "validation.error<=0.16 for 2"')
        self.split, self.metric, compare, threshold, hold = match.groups()
        self.compare, self.threshold, self.hold = COMPARE[compare], float(threshold), int(hold or 1)

    def holds(self, evaluation):
        return self.compare(evaluation[self.split][self.metric], self.threshold)

    def event(self, evaluations):
        """(the first of so many in a row, True), or (the last at which it did not hold, or None, False)."""
        streak, after, first = 0, None, None
        for evaluation in evaluations:
            if self.holds(evaluation):
                first = evaluation if streak == 0 else first
                streak += 1
                if streak == self.hold:
                    return first, True
            else:
                streak, after = 0, evaluation
        return after, False


@dataclass(frozen=True)
class Measure:
    kind: str  # steps, epochs, best_metric, final_metric
    target: str = None
    metric: str = None  # of the last two, and which direction is better
    better: str = "lower"

    def __post_init__(self):
        if self.kind not in ("steps", "epochs", "best_metric", "final_metric"):
            raise Refusal(f"measure: {self.kind} is not one of steps, epochs, best_metric, final_metric")
        if self.is_time:
            Target(self.target)

    @property
    def is_time(self):
        return self.kind in ("steps", "epochs")

    @property
    def text(self):
        return f"{self.kind} to {self.target}" if self.is_time else f"{self.kind.replace('_', ' ')} ({self.metric})"

    def of(self, records):
        """The same with the metric that the task of these records reports."""
        if self.is_time:
            return self
        metrics = next((record["metrics"] for record in records if "metrics" in record), None)
        if metrics is None:
            raise Refusal(f"results: {records[0]['id']} does not say what its runs were judged by")
        return replace(self, metric=metrics[-1]["name"], better=metrics[-1]["better"])

    def is_enough(self, evaluations):
        """Whether nothing that comes later can matter."""
        return self.is_time and Target(self.target).event(evaluations)[1]

    def observe(self, evaluations, diverged):
        if not self.is_time:
            values = [evaluation["validation"][self.metric] for evaluation in evaluations]
            if diverged or not values:
                return Observation(math.inf)
            best = min if self.better == "lower" else max
            return Observation(best(values) if self.kind == "best_metric" else values[-1])
        evaluation, reached = Target(self.target).event(evaluations)
        if diverged and not reached:
            return Observation(math.inf, event=False)
        key = "step" if self.kind == "steps" else "epoch"
        return Observation(evaluation[key] if evaluation else 0, reached)


def restricted(samples):
    """The values of several samples of observations, each cut at the earliest that is censored in any of them.

    What diverged comes last: it has the largest finite value of all.
    """
    everything = [one for sample in samples for one in sample]
    horizon = max((one.value for one in everything if one.value < math.inf), default=1.0)
    horizon = min([horizon, *(one.value for one in everything if not one.event)])
    return [[min(one.value, horizon) for one in sample] for sample in samples]
