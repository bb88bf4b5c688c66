#!/usr/bin/env python3
"""Changes one line of lib/ at a time and tells whether the test suite notices.

    scripts/mutate.py [--seed N] [--count N] [--results FILE] [--only FILE:LINE]

What is changed is HEAD's tree, in a copy of its own below --scratch; the checkout itself is left alone. A line is
drawn, then one change on it: an operator, a constant, a condition, or a statement dropped. A change that does not
compile, or that leaves the machine code as it is, is drawn again and does not count. Results are kept as they come:
the same command goes on where it stopped.

Needs what the build needs, and git. Exit status: 0 every change was noticed, 1 some were not, 2 nothing was tried.
"""
import argparse
import os
import pathlib
import signal
import sys

from mutation.attempts import Mutation
from mutation.build_copy import ROOT, Copy
from mutation.commands import stop
from mutation.lines import Lines
from mutation.results import Results, describe, summary
from mutation.tests import Tests


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100, help="changes that compile (100)")
    parser.add_argument("--results", type=pathlib.Path, help="JSON (SCRATCH/mutation-SEED.json)")
    parser.add_argument("--only", metavar="FILE:LINE", help="the change that the seed draws on this line, alone")
    parser.add_argument("--every", action="store_true", help="with --only: every change of the line")
    parser.add_argument("--scratch", type=pathlib.Path, default=ROOT / "build/mutate", help="(build/mutate)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="of the build")
    parser.add_argument("--list", action="store_true", help="only print what would be drawn, without building")
    return parser.parse_args()


def try_one_line(mutation, seed, only, every):
    file, _, number = only.rpartition(":")
    place = file, int(number) if number.isdigit() else 0
    if place not in mutation.lines.known:
        stop(f"--only: {only} has nothing to change")
    changes = mutation.lines.known[place][1] if every else [mutation.lines.draw(seed, place)]
    survived = False
    for change in changes:
        result = mutation.attempt(place, change)
        survived |= result["outcome"] == "survived"
        print(describe(result), flush=True)
    return 1 if survived else 0


def try_drawn(mutation, seed, count, results):
    for place in mutation.lines.order(seed):
        if results.counted() >= count:
            break
        if place in results.places():
            continue
        result = mutation.attempt(place, mutation.lines.draw(seed, place))
        results.add(result)
        print(f"{results.counted():3} {describe(result)}", flush=True)
    print(summary(results))
    return 1 if results.of("survived") else 0


def main():
    options = arguments()
    scratch = options.scratch.resolve()
    scratch.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # what is in place is taken back
    copy = Copy(scratch, options.jobs)
    if options.list:
        lines = Lines(ROOT)
        for place in lines.order(options.seed)[: options.count]:
            line, change = lines.known[place][0], lines.draw(options.seed, place)
            print(f"{place[0]}:{place[1]}\n    - {line.strip()}")
            print(f"    + {(line[: change.begin] + change.text + line[change.end :]).strip()}")
        return 0
    results = None if options.only else Results(
        options.results or scratch / f"mutation-{options.seed}.json", options.seed, copy.commit)  # fmt: skip
    copy.prepare()
    tests = Tests(copy)
    tests.measure(scratch / "seconds.json")
    mutation = Mutation(copy, tests, Lines(copy.tree))
    if options.only:
        return try_one_line(mutation, options.seed, options.only, options.every)
    return try_drawn(mutation, options.seed, options.count, results)


if __name__ == "__main__":
    sys.exit(main())
