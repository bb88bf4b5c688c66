#!/usr/bin/python3
"""Races the steps of `normlab bench steps` against PyTorch's, on one thread of one core.

    scripts/bench_torch.py [--filter TEXT ...] [--rounds 5] [--seconds 0.5] [--json FILE]

For each step the ways that PyTorch has for it are timed, and the fastest of them races: in each round
`normlab bench` takes a turn and then PyTorch, on the same core, so that what else the machine does meets both
alike. The result is the median of the rounds' ratios, and their range. A round in which other programs took
part of the core is repeated: it would flatter the shorter step, which more often runs uninterrupted.

Needs python3-torch and an optimized BLAS (libopenblas0-pthread: with Debian's reference BLAS PyTorch's
products are 15 times slower). What else its libraries read from the environment stays as it is, and some of
it helps: ATEN_CPU_CAPABILITY=avx512 and OPENBLAS_CORETYPE=SkylakeX with processors that old versions do not
know, MALLOC_MMAP_THRESHOLD_ and MALLOC_TRIM_THRESHOLD_ of 4000000000 with large tensors.
"""
import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parent.parent
SHARED_CORE = 0.03  # fraction of the core that others may take in a round
ATTEMPTS = 3  # rounds tried for each that is wanted


@dataclass
class Case:
    """A step of lib/normlab/bench/step_cases.h."""

    model: str
    shape: str
    batch: int
    norm: str

    @property
    def name(self):
        return f"{self.model}-{self.shape}-b{self.batch}-{self.norm}"

    @property
    def is_layer(self):
        return self.model.endswith("-layer")

    @property
    def cell(self):
        return self.model[: -len("-layer")]

    @property
    def steps(self):
        return int(self.shape.split("x")[0])

    @property
    def inputs(self):
        return int(self.shape.split("x")[1].split("-")[0])

    @property
    def hidden(self):
        """Widths of the hidden layers: 784-1000-1000-10 and 28x28-128."""
        sizes = [int(size) for size in self.shape.split("-")[1:]]
        return sizes[:-1] if self.model == "mlp" else sizes


def all_cases():
    cases = []
    for batch in 4, 32, 128, 512:
        cases += [Case("mlp", "784-1000-1000-10", batch, norm) for norm in ("none", "batch", "layer")]
    short, long, wide = "28x28-128", "100x128-256", "100x256-512"
    for shape, batch in (short, 32), (short, 128), (long, 32), (long, 4), (wide, 32):
        cases += [Case("lstm-layer", shape, batch, norm) for norm in ("none", "layer")]
    for batch in 4, 32, 128:
        cases += [Case("cnn", "1-32-64-128", batch, norm) for norm in ("none", "batch", "layer")]
    for batch in 4, 32, 128:  # without normalized rnn and gru, of which PyTorch users have no fast version
        cases += [Case(cell, "28x28-128", batch, "none") for cell in ("rnn", "lstm", "gru")]
        cases.append(Case("lstm", "28x28-128", batch, "layer"))
    return cases


def raced_by_default(case):
    norms = {"mlp": ["layer"], "lstm-layer": ["none", "layer"], "cnn": ["batch"]}
    return case.norm in norms.get(case.model, []) and case.batch <= 128


def fail(message, status=1):
    print(f"bench_torch: {message}", file=sys.stderr)
    sys.exit(status)


class Normlab:
    """Takes turns by `normlab bench`."""

    def __init__(self, program, seconds):
        self.program, self.seconds, self.environment = program.absolute(), seconds, None

    def turn(self, case):
        """The median step time, and the fraction of the core that others took."""
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "turn.json")
            command = [self.program, "bench", "steps", "--filter", case.name, "--seconds", str(self.seconds)]
            run = subprocess.run(
                [*command, "--no-limits", "--quiet", "--json", file],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            if run.returncode != 0:
                fail(run.stderr.strip())
            result = json.loads(file.read_text())
        self.environment = result["environment"]
        (step,) = (step for step in result["steps"] if step["name"] == case.name)  # others may contain it
        return step["seconds"]["median"], result["core_taken_by_others"]


def spread(rounds):
    return {
        "median": statistics.median(rounds),
        "minimum": min(rounds),
        "maximum": max(rounds),
        "rounds": rounds,
    }


def run_rounds(case, normlab, contender, arguments):
    """As many undisturbed rounds as are wanted; all rounds when there are too few of those."""
    rounds, quiet = [], []
    while len(quiet) < arguments.rounds and len(rounds) < ATTEMPTS * arguments.rounds:
        turns = normlab.turn(case), contender.turn(arguments.seconds)
        (ours, theirs), taken = zip(*turns)
        rounds.append({"normlab": ours, "pytorch": theirs, "ratio": theirs / ours, "taken": max(taken)})
        quiet = [one for one in rounds if one["taken"] <= SHARED_CORE]
    return quiet if len(quiet) == arguments.rounds else rounds


def race(case, normlab, contender, arguments):
    """What the JSON file says of a step."""
    rounds = run_rounds(case, normlab, contender, arguments)

    def over_rounds(key):
        return spread([one[key] for one in rounds])

    return {
        "name": case.name,
        "model": case.model,
        "shape": case.shape,
        "norm": case.norm,
        "batch_size": case.batch,
        "way": contender.way,
        "way_seconds": contender.way_seconds,
        "normlab_seconds": over_rounds("normlab"),
        "pytorch_seconds": over_rounds("pytorch"),
        "times_as_fast": over_rounds("ratio"),
        "core_taken_by_others": over_rounds("taken"),
    }


def table_row(result):
    ours, theirs = (result[f"{program}_seconds"]["median"] for program in ("normlab", "pytorch"))
    ratio = result["times_as_fast"]
    return (
        f"{result['name']:34} {1e3 * ours:9.3f} {1e3 * theirs:9.3f} {ratio['median']:7.2f}"
        f" {ratio['minimum']:6.2f} to {ratio['maximum']:.2f}   {result['way']}"
    )


def import_torch_steps(core):
    """The module torch_steps, on one core. Libraries read the numbers of threads when they are loaded."""
    os.sched_setaffinity(0, {core})
    for name in "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS":
        os.environ[name] = "1"
    try:
        import torch_steps
    except ModuleNotFoundError as missing:
        fail(f"{missing}; install python3-torch and libopenblas0-pthread")
    torch_steps.prepare()
    return torch_steps


def positive(kind):
    def parse(text):
        value = kind(text)
        if not 0 < value < 3600:
            raise ValueError
        return value

    parse.__name__ = f"positive {kind.__name__}"
    return parse


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--filter",
        nargs="+",
        metavar="TEXT",
        help="steps with one of these in their name [mlp-*-layer up to batch 128, lstm-layer, cnn-*-batch]",
    )
    parser.add_argument("--list", action="store_true", help="print the names of the steps and end")
    parser.add_argument("--rounds", type=positive(int), default=5, help="turns of each program [5]")
    parser.add_argument("--seconds", type=positive(float), default=0.5, help="of a turn, at least [0.5]")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="[the last]")
    program = ROOT / "build/release/normlab"
    parser.add_argument(
        "--program", type=pathlib.Path, default=program, metavar="FILE", help="[build/release/normlab]"
    )
    parser.add_argument(
        "--json", type=pathlib.Path, metavar="FILE", help="also write it here (docs/results-format.md)"
    )
    return parser.parse_args()


def chosen_cases(filters):
    if filters is None:
        return [case for case in all_cases() if raced_by_default(case)]
    return [case for case in all_cases() if any(text in case.name for text in filters)]


def check(arguments, cases):
    """Refuses what cannot work before anything is measured."""
    if not cases:
        fail(f"filter: {' '.join(arguments.filter)} is in no step's name; --list prints them", 2)
    if not os.access(arguments.program, os.X_OK):
        fail(f"program: {arguments.program} cannot be run; build it, or name another with --program", 2)
    if arguments.json and (arguments.json.is_dir() or not arguments.json.absolute().parent.is_dir()):
        fail(f"json: {arguments.json} is not a file in a folder that exists", 2)
    if arguments.core not in os.sched_getaffinity(0):
        fail(f"core: {arguments.core} is not one of {sorted(os.sched_getaffinity(0))}", 2)


def run_races(cases, normlab, torch_steps, arguments):
    results = []
    print("                                        normlab   PyTorch  PyTorch / normlab       PyTorch's way")
    print("step                                         ms        ms  median   range")
    for case in cases:
        contender = torch_steps.Contender(case)
        results.append(race(case, normlab, contender, arguments))
        print(table_row(results[-1]), flush=True)
    return results


def warn_of_shared_core(results):
    disturbed = sum(result["core_taken_by_others"]["maximum"] > SHARED_CORE for result in results)
    if disturbed:
        print(
            f"warning: other programs took part of the core in {disturbed} of {len(results)} races, which"
            " flatters the shorter step; race again when the machine is quiet",
            file=sys.stderr,
        )


def print_pytorch(about):
    speed = about["product_operations_per_second"] / 1e9
    print(f"PyTorch {about['version']} ({about['simd']}), products by {about['blas']} at {speed:.0f} GFLOP/s")
    if "/blas/" in about["blas"]:
        print("warning: that is the reference BLAS, which nobody who wants speed uses", file=sys.stderr)


def main():
    arguments = parse_arguments()
    if arguments.list:
        print("\n".join(case.name for case in all_cases()))
        return
    cases = chosen_cases(arguments.filter)
    check(arguments, cases)
    torch_steps = import_torch_steps(arguments.core)
    about = torch_steps.describe()
    print_pytorch(about)
    normlab = Normlab(arguments.program, arguments.seconds)
    results = run_races(cases, normlab, torch_steps, arguments)
    warn_of_shared_core(results)
    if arguments.json:
        document = {
            "schema": "normlab.race/1",
            "environment": normlab.environment,
            "pytorch": about,
            "turn_seconds": arguments.seconds,
            "steps": results,
        }
        arguments.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
