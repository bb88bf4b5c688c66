#!/usr/bin/python3
"""Compares two builds of normlab: the numbers that they train, and the speed of steps and kernels.

    scripts/compare_builds.py BEFORE AFTER [--only numbers|steps|kernels] [--filter TEXT] [--rounds 5]
                              [--again 40] [--json FILE]

BEFORE and AFTER are programs (build/release/normlab). Numbers: every evaluation of experiments/quick.json with
one seed, bit for bit. Speed: for one figure after the other, both `normlab bench` take turns on one core, so that
what else the machine does meets both alike; it is the median over the rounds of the ratio AFTER / BEFORE, with an
interval of 95 % (up to five rounds: the range). --again measures the figures above 1 + --within once more. The
interval takes the rounds for independent, which on a busy machine they are not: what this machine can tell apart
is seen by comparing a build with a copy of itself.

Exit status: 0 all evaluations are equal, 1 some are not.
"""
import argparse
import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPEC = ROOT / "experiments/quick.json"


def run(command, **options):
    done = subprocess.run([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True, **options)  # fmt: skip
    if done.returncode != 0:
        sys.exit(f"compare_builds.py: {command[0]} ends with status {done.returncode}:\n{done.stderr[-2000:]}")


# ---- numbers ----------------------------------------------------------------------------------------------------


def without_times(value):
    """A record's part without what is measured: seconds, and what is counted in them."""
    if isinstance(value, dict):
        return {key: without_times(inner) for key, inner in value.items() if "seconds" not in key}
    return [without_times(inner) for inner in value] if isinstance(value, list) else value


def trained(program, folder):
    """{run id: its evaluations, test metrics and status} of one sweep. Texts of numbers are kept as they are."""
    run([program, "sweep", SPEC, "--set", "seed=1", "--out", folder])
    records = {}
    for path in sorted((folder / "runs").glob("*.json")):
        record = json.loads(path.read_text(), parse_float=str)
        records[record["id"]] = {key: without_times(record.get(key)) for key in ("evaluations", "test", "status")}
    return records


def compare_numbers(before, after):
    with tempfile.TemporaryDirectory() as folder:
        runs = [trained(program, pathlib.Path(folder) / name)
                for name, program in (("before", before), ("after", after))]  # fmt: skip
    ids = sorted(set(runs[0]) | set(runs[1]))
    different = [id for id in ids if runs[0].get(id) != runs[1].get(id)]
    evaluations = sum(len(record["evaluations"] or []) for record in runs[0].values())
    print(f"numbers: {len(ids)} runs, {evaluations} evaluations; {len(different)} runs differ")
    for id in different:
        print(f"  {id}: {first_difference(runs[0].get(id), runs[1].get(id))}")
    return {"runs": len(ids), "evaluations": evaluations, "different": different}


def first_difference(a, b, path=""):
    if isinstance(a, dict) and isinstance(b, dict):
        pairs = [(f"{path}.{key}", a.get(key), b.get(key)) for key in a.keys() | b.keys()]
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        pairs = [(f"{path}[{i}]", x, y) for i, (x, y) in enumerate(zip(a, b))]
    else:
        return f"{path.lstrip('.')}: {a} before, {b} after"
    return next(first_difference(x, y, inner) for inner, x, y in pairs if x != y)


# ---- speed ------------------------------------------------------------------------------------------------------


def measure(program, part, text, seconds):
    """{name: median seconds}"""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "bench.json"
        command = [program, "bench", part, "--no-limits", "--quiet", "--seconds", seconds, "--json", file]
        run(command + (["--filter", text] if text else []))
        content = json.loads(file.read_text())
    if part == "steps":
        return {step["name"]: step["seconds"]["median"] for step in content["steps"]}
    return {f"{kernel['kernel']} {shape_of(kernel)} {name}": kernel[name]["seconds"]["median"]
            for kernel in content["kernels"] for name in ("forward", "backward", "update") if name in kernel}  # fmt: skip


def shape_of(kernel):
    """As in --filter of `normlab bench kernels`."""
    if kernel["kernel"] == "adam":
        return str(kernel["samples"])
    sizes = ("samples", "channels") if kernel["positions"] == 1 else ("samples", "positions", "channels")
    return "x".join(str(kernel[size]) for size in sizes)


def interval_of_median(values):
    """The order statistics that the median lies between with 95 % or more; the range of up to five values."""
    values = sorted(values)
    n, outside = len(values), 0
    for k in range(n // 2):
        outside += 2 * math.comb(n, k) / 2**n
        if outside > 0.05:
            return values[max(k - 1, 0)], values[min(n - k, n - 1)]
    return values[0], values[-1]


def race_one(before, after, part, name, rounds, seconds, ratios):
    """Adds to `ratios` those of `rounds` more rounds, for every figure of the case that `name` is of."""
    case = name.rsplit(" ", 1)[0] if part == "kernels" else name
    for turn in range(rounds):
        order = (before, after) if turn % 2 == 0 else (after, before)
        times = {program: measure(program, part, case, seconds) for program in order}
        for figure in times[before].keys() & times[after].keys():
            if not figure.startswith(case):
                continue
            ratios.setdefault(figure, []).append(times[after][figure] / times[before][figure])


def show(name, values):
    low, high = interval_of_median(values)
    print(f"  {name:<40} {statistics.median(values):6.3f}  ({low:.3f} to {high:.3f}, {len(values)} rounds)",
          flush=True)  # fmt: skip


def race(before, after, part, options):
    figures = measure(after, part, options.filter, 0.001)
    known = measure(before, part, options.filter, 0.001)
    names = [name for name in figures if name in known]
    ratios = {}
    for name in names:
        if name not in ratios:
            race_one(before, after, part, name, options.rounds, options.seconds, ratios)
        show(name, ratios[name])
    slower = [name for name in names if statistics.median(ratios[name]) > 1 + options.within]
    if slower and options.again:
        print(f"{part}: {len(slower)} figures above {1 + options.within:g} again, {options.again} rounds")
        for name in slower:
            ratios[name] = []
            race_one(before, after, part, name, options.again, options.seconds, ratios)
            show(name, ratios[name])
    medians = [statistics.median(ratios[name]) for name in names]
    if medians:
        print(f"{part}: {len(medians)} figures, after / before: median {statistics.median(medians):.3f}, "
              f"slowest {max(medians):.3f}, fastest {min(medians):.3f}")  # fmt: skip
    return {name: {"median": statistics.median(ratios[name]), "rounds": ratios[name]} for name in names}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("before", type=pathlib.Path)
    parser.add_argument("after", type=pathlib.Path)
    parser.add_argument("--only", choices=["numbers", "steps", "kernels"])
    parser.add_argument("--filter", default="", help="only figures with this in their names")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.2, help="for each figure in each round (0.2)")
    parser.add_argument("--again", type=int, default=0, metavar="ROUNDS",
                        help="for figures that look slower; they count alone")  # fmt: skip
    parser.add_argument("--within", type=float, default=0.02, help="what looks slower (0.02)")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="to take turns on")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    before, after = options.before.resolve(), options.after.resolve()
    result = {}
    if options.only in (None, "numbers"):
        result["numbers"] = compare_numbers(before, after)
    for part in ("steps", "kernels"):
        if options.only in (None, part):
            os.sched_setaffinity(0, {options.core})
            result[part] = race(before, after, part, options)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 1 if result.get("numbers", {}).get("different") else 0


if __name__ == "__main__":
    sys.exit(main())
