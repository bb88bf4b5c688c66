"""Exact comparisons of two small samples by their ranks, whatever the distribution, with ties."""
import math

import numpy


def doubled_ranks(values):
    """Of each value twice its rank, which is an integer with ties as well: they share the mean of their ranks."""
    values = numpy.asarray(values)
    below = (values[None, :] < values[:, None]).sum(axis=1)
    equal = (values[None, :] == values[:, None]).sum(axis=1)
    return 2 * below + equal + 1


def subset_sums(scores, size):
    """How many of the subsets of so many scores have each sum, from 0 to the sum of all."""
    counts = numpy.zeros((size + 1, int(sum(scores)) + 1))
    counts[0, 0] = 1
    for score in scores:
        counts[1:, score:] += counts[:-1, : counts.shape[1] - score].copy()
    return counts[size]


def rank_sum_p(first, second):
    """Wilcoxon's rank sum test (Mann and Whitney's U): the two-sided p of "both come from one distribution".

    It is the share of all ways to choose the first sample among the values of both whose rank sum is as far
    from its mean as that seen, or farther: exact for every distribution, ties included.
    """
    scores = doubled_ranks([*first, *second])
    counts = subset_sums(scores, len(first))
    sums = numpy.arange(len(counts))
    # Times the number of scores, so that the mean of the sum is an integer.
    distance = abs(len(scores) * sums - len(first) * scores.sum())
    seen = distance[scores[: len(first)].sum()]
    return counts[distance >= seen].sum() / counts.sum()


def smallest_p(first_size, second_size):
    """What rank_sum_p() gives of samples of these sizes when all values of the one are below those of the other."""
    return min(1.0, 2 / math.comb(first_size + second_size, first_size))


def ratio_interval(first, second, level):
    """(estimate, lower, upper) of the factor between two samples of numbers above 0.

    The estimate is the median of all quotients (Hodges and Lehmann 1963), the interval holds the factors by
    which `second` may be multiplied without rank_sum_p() at most `level` (Moses; Hollander, Wolfe, Chicken
    2014, "Nonparametric Statistical Methods", section 4.3). Its ends are 0 and infinity where the samples are
    too small for any p to be that small.
    """
    quotients = numpy.sort((numpy.asarray(first)[:, None] / numpy.asarray(second)[None, :]).ravel())
    counts = subset_sums(range(1, len(first) + len(second) + 1), len(first))
    below = numpy.cumsum(counts)[len(first) * (len(first) + 1) // 2 :] / counts.sum()  # P(U <= 0), P(U <= 1), …
    left_out = int((2 * below <= level).sum())
    estimate = float(numpy.median(quotients))
    if left_out == 0:
        return estimate, 0.0, math.inf
    return estimate, float(quotients[left_out - 1]), float(quotients[-left_out])


def holm(p_values):
    """Adjusted p: at most `level` where Holm's procedure (1979) rejects at that level for all of them together."""
    adjusted, largest = [0.0] * len(p_values), 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = largest
    return adjusted
