"""Whether PyTorch's runs of a claim come from the distribution of normlab's, and what both say of its contrasts."""
import itertools
import math
import statistics
from dataclasses import dataclass

import numpy

from verify.measure import restricted
from verify.rank_test import holm, rank_sum_p, ratio_interval, smallest_p

FEWEST_SEEDS, MOST_SEEDS = 3, 100
INTERVAL_LEVEL = 0.05


@dataclass
class Sample:
    """One program's runs of a cell: what was observed, and its values up to the cell's common horizon."""

    observations: list
    values: list

    @property
    def missed(self):
        return sum(not one.event for one in self.observations)


@dataclass
class Row:
    """PyTorch against normlab, in one cell or in all cells of a value together."""

    label: str
    normlab: Sample
    pytorch: Sample
    ratio: tuple  # PyTorch / normlab: estimate, lower, upper
    p: float
    adjusted_p: float = 1.0


@dataclass
class Effect:
    """A contrast's ratio of restricted means, first / second, by each program."""

    label: str
    normlab: float
    pytorch: float
    earlier: int  # of `pairs` of PyTorch's runs, one of each side, those in which the first has less, ties as half
    pairs: int

    @property
    def same_direction(self):
        return (self.normlab < 1) == (self.pytorch < 1) and (self.normlab > 1) == (self.pytorch > 1)


def groups_of(cells):
    """{label: cells}: the cells of each value that has several."""
    groups = {}
    for cell in cells:
        groups.setdefault(cell.value, []).append(cell)
    return {f"{value}, all {len(group)} together": group for value, group in groups.items() if len(group) > 1}


def fewest_seeds(cells, level):
    """With which a difference could be seen in each row, by Holm's procedure over all of them."""
    rows = len(cells) + len(groups_of(cells))
    enough = (seeds for seeds in range(FEWEST_SEEDS, MOST_SEEDS)
              if rows * smallest_p(seeds, len(cells[0].records)) <= level)  # fmt: skip
    return next(enough, MOST_SEEDS)


def observations_of(cell):
    """(normlab's, PyTorch's)."""
    ours = [cell.measure.observe(one.get("evaluations", []), one["status"] == "diverged") for one in cell.records]
    return ours, [cell.measure.observe(one.evaluations, one.diverged) for one in cell.curves]


def row_of(label, normlab, pytorch):
    values = pytorch.values, normlab.values
    return Row(label, normlab, pytorch, ratio_interval(*values, INTERVAL_LEVEL), rank_sum_p(*values))


def geometric_means(samples):
    """Of each seed over the cells of several samples."""
    values = numpy.exp(numpy.mean([numpy.log(sample.values) for sample in samples], axis=0))
    return Sample([], [float(f"{value:.12g}") for value in values])  # so that rounding breaks no tie


def compare_cells(cells):
    samples = {}
    for cell in cells:
        observations = observations_of(cell)
        samples[cell.key] = [Sample(*pair) for pair in zip(observations, restricted(observations))]
    rows = [row_of(cell.label, *samples[cell.key]) for cell in cells]
    for label, group in groups_of(cells).items():
        rows.append(row_of(label, *map(geometric_means, zip(*(samples[cell.key] for cell in group)))))
    for row, adjusted_p in zip(rows, holm([row.p for row in rows])):
        row.adjusted_p = adjusted_p
    return rows


def effect_of(contrast):
    """All four samples are cut at one horizon, so that both ratios are of the same quantity."""
    (ours_1, theirs_1), (ours_2, theirs_2) = observations_of(contrast.first), observations_of(contrast.second)
    ours_1, ours_2, theirs_1, theirs_2 = restricted([ours_1, ours_2, theirs_1, theirs_2])
    mean = statistics.fmean
    pairs = list(itertools.product(theirs_1, theirs_2))
    earlier = sum((a < b) + (a == b) / 2 for a, b in pairs)
    normlab, pytorch = mean(ours_1) / mean(ours_2), mean(theirs_1) / mean(theirs_2)
    return Effect(contrast.label, normlab, pytorch, earlier, len(pairs))


def row_json(row):
    estimate, lower, upper = row.ratio
    return {
        "cell": row.label,
        "normlab": row.normlab.values,
        "pytorch": row.pytorch.values,
        "ratio": {"estimate": estimate, "lower": lower, "upper": upper if upper < math.inf else None},
        "p": row.p,
        "adjusted_p": row.adjusted_p,
    }
