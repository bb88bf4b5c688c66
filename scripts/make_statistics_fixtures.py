#!/usr/bin/python3
"""Writes what SciPy and R compute into tests/data_files/statistics.json, for the tests to compare with.

    scripts/make_statistics_fixtures.py [FOLDER]

Needs python3-scipy, and r-base-core with r-cran-survival, r-cran-coin and r-cran-jsonlite, which Debian has: R's
part is make_statistics_fixtures.R beside this script. The same versions give the same file.
"""
import json
import pathlib
import subprocess
import sys

import numpy
from scipy import stats

SCRIPTS = pathlib.Path(__file__).resolve().parent


def group(times, events):
    return {"times": [float(time) for time in times], "events": [bool(event) for event in events]}


def draw(seed, size, median, horizon, rounded=0.0, early=0):
    """Log-normal times censored at the horizon, rounded up to multiples; the first `early` ones before it."""
    random = numpy.random.RandomState(seed)
    times = median * numpy.exp(0.5 * random.standard_normal(size))
    if rounded:
        times = numpy.ceil(times / rounded) * rounded
    limits = numpy.full(size, float(horizon))
    limits[:early] = median * (0.5 + random.uniform(size=early))
    if rounded:
        limits = numpy.ceil(limits / rounded) * rounded
    return group(numpy.minimum(times, limits), times <= limits)


GROUPS = {
    "none_censored": (draw(1, 10, 3, 1e9), 100),
    "ties": (draw(2, 12, 3, 5, rounded=0.5), 5),
    "half_censored": (draw(3, 9, 3, 3), 3),
    "all_censored": (group([4, 4, 4, 4], [0, 0, 0, 0]), 4),
    "all_equal": (group([2, 2, 2], [1, 1, 1]), 3),
    "one": (group([2], [1]), 3),
    "censored_early": (draw(4, 15, 3, 6, rounded=0.25, early=6), 4.5),
    "event_and_censored_at_once": (group([1, 2, 2, 2, 3, 4], [1, 1, 0, 1, 0, 1]), 3.5),
    "median_between_steps": (group([1, 2, 3, 4], [1, 1, 1, 1]), 4),
    "median_at_last_step": (group([1, 2, 5, 5], [1, 1, 0, 0]), 5),
    "heart_like": (draw(5, 60, 10, 18, early=20), 15),
}

# first, second, horizon
PAIRS = {
    "separated": (draw(11, 5, 2, 8), draw(12, 5, 5, 8), 8),
    "alike": (draw(13, 6, 3, 5, rounded=0.5), draw(14, 6, 3, 5, rounded=0.5), 5),
    "mostly_censored": (draw(15, 6, 5, 4), draw(16, 6, 4, 4), 4),
    "censored_early": (draw(17, 6, 2, 6, early=3), draw(18, 6, 4, 6, early=2), 3),
    "unequal_sizes": (draw(19, 4, 3, 6, rounded=0.5), draw(20, 8, 4, 6, rounded=0.5), 6),
}


def restricted_mean(times, events, horizon):
    """The area below the Kaplan-Meier curve, by its definition, level behind the last observation."""
    area, survival, before = 0.0, 1.0, 0.0
    for time in sorted(set(times[events & (times < horizon)])):
        area += survival * (time - before)
        survival *= 1 - numpy.sum(events & (times == time)) / numpy.sum(times >= time)
        before = time
    return area + survival * (horizon - before)


def permutation_p(first, second, horizon, paired):
    """All arrangements, by SciPy: of the numbers of the observations, from which the statistic looks them up."""
    times = numpy.array(first["times"] + second["times"])
    events = numpy.array(first["events"] + second["events"])

    def statistic(a, b):
        means = [restricted_mean(times[i.astype(int)], events[i.astype(int)], horizon) for i in (a, b)]
        return round(abs(numpy.log(means[0] / means[1])), 9)

    indices = numpy.arange(len(times)).astype(float)
    size = len(first["times"])
    test = stats.permutation_test(
        (indices[:size], indices[size:]), statistic, alternative="greater", vectorized=False,
        n_resamples=numpy.inf, permutation_type="samples" if paired else "independent")
    return test.pvalue


def pair_case(name):
    first, second, horizon = PAIRS[name]
    case = {"first": first, "second": second, "horizon": horizon,
            "permutation_p": permutation_p(first, second, horizon, False)}
    if len(first["times"]) == len(second["times"]):
        case["paired_p"] = permutation_p(first, second, horizon, True)
    if all(event or time >= horizon for g in (first, second) for time, event in zip(g["times"], g["events"])):
        cut = [numpy.minimum(g["times"], horizon) + numpy.logical_not(g["events"]) for g in (first, second)]
        u = stats.mannwhitneyu(cut[0], cut[1]).statistic
        case["mann_whitney"] = 1 - u / (len(cut[0]) * len(cut[1]))
    return case


def bootstrap_case(name, paired, level):
    """Stretched percentiles of very many resamples; the formulas are those of statistics/bootstrap.h."""
    first, second, horizon = PAIRS[name]
    x, y = (numpy.minimum(g["times"], horizon) for g in (first, second))
    n, random = len(x), numpy.random.RandomState(1)
    i = random.randint(n, size=(1000000, n))
    j = i if paired else random.randint(n, size=(1000000, n))
    thetas = numpy.log(x[i].mean(axis=1) / y[j].mean(axis=1))
    theta = numpy.log(x.mean() / y.mean())
    v = [z.var() / n / z.mean() ** 2 for z in (x, y)]
    freedom = n - 1 if paired else (n - 1) * (v[0] + v[1]) ** 2 / (v[0] ** 2 + v[1] ** 2)
    inflation = numpy.sqrt(n / (n - 1))
    stretch = inflation * stats.t.ppf(1 - level / 2, freedom) / stats.norm.ppf(1 - level / 2)
    low, high = numpy.quantile(thetas, [level / 2, 1 - level / 2])
    return {"pair": name, "paired": paired, "level": level, "ratio": numpy.exp(theta),
            "lower": numpy.exp(theta + stretch * (low - theta)),
            "upper": numpy.exp(theta + stretch * (high - theta)),
            "standard_error": inflation * thetas.std()}


def proportion_case(successes, trials, level):
    interval = stats.binomtest(successes, trials).proportion_ci(1 - level, method="exact")
    return {"successes": successes, "trials": trials, "level": level, "lower": interval.low,
            "upper": interval.high}


# normlab's random numbers (lib/normlab/core/random.h), written again, for the permutations of digits.
def philox_words(seed, stream):
    counter = 0
    while True:
        c = [counter & 0xFFFFFFFF, counter >> 32, stream & 0xFFFFFFFF, stream >> 32]
        key = [seed & 0xFFFFFFFF, seed >> 32]
        for _ in range(10):
            a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
            c = [(b >> 32) ^ c[1] ^ key[0], b & 0xFFFFFFFF, (a >> 32) ^ c[3] ^ key[1], a & 0xFFFFFFFF]
            key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
        yield from c
        counter += 1


def fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) % 2**64
    return value


def digit_permutation(seed, base, dimension, place):
    words = philox_words(seed, fnv1a(f"halton.{dimension}.{place}"))
    digits = list(range(base))
    for last in range(base - 1, 0, -1):
        # 64 bits by remainder; none so small a bound would reject is met here
        high, low = next(words), next(words)
        swap = ((high << 32) | low) % (last + 1)
        digits[last], digits[swap] = digits[swap], digits[last]
    return digits


def halton_case(seed, index, dimension):
    base = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53][dimension]
    places = int(numpy.ceil(53 / numpy.log2(base)))
    coordinate = sum(digit_permutation(seed, base, dimension, place)[index // base**place % base] / base ** (place + 1)
                     for place in range(places))
    return {"seed": seed, "index": index, "dimension": dimension, "coordinate": coordinate}


def fixtures():
    groups = {name: {**data, "horizon": horizon} for name, (data, horizon) in GROUPS.items()}
    pairs = {name: pair_case(name) for name in PAIRS}
    p_values = [[0.01, 0.04, 0.03, 0.005], [0.2, 0.001, 0.001, 0.04, 1], [0.05], [0.6, 0.7]]
    asked = {"groups": groups, "pairs": pairs, "p_values": p_values}
    answer = subprocess.run(["Rscript", SCRIPTS / "make_statistics_fixtures.R"], input=json.dumps(asked),
                            text=True, stdout=subprocess.PIPE, check=True)
    from_r = json.loads(answer.stdout)
    for name, case in from_r["groups"].items():
        groups[name].update(case)
    for name, case in from_r["pairs"].items():
        pairs[name].update(case)
    return {
        "groups": groups,
        "pairs": pairs,
        "holm": [{"p": p, "adjusted": adjusted} for p, adjusted in zip(p_values, from_r["holm"])],
        "proportions": [proportion_case(k, n, level) for n in (1, 5, 10, 200) for k in sorted({0, 1, n // 2, n})
                        for level in (0.05, 0.005)],
        # Paired resamples of the others are few distinct values, between which their quantiles jump.
        "bootstrap": [bootstrap_case(name, paired, level)
                      for name, paired in (("separated", False), ("separated", True), ("alike", False),
                                           ("mostly_censored", False))
                      for level in (0.05, 0.01)],
        "halton": [halton_case(seed, index, dimension) for seed, index in ((1, 0), (1, 7), (12345678901, 1000))
                   for dimension in (0, 1, 5, 15)],
    }


def main():
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else SCRIPTS.parent / "tests/data_files"
    text = json.dumps(fixtures(), indent=1, default=float)
    (folder / "statistics.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
