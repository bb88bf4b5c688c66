#!/usr/bin/python3
"""Trains what a claim compares in PyTorch, and says whether normlab's runs could have come from there.

    scripts/verify_torch.py CLAIM [--seeds N] [--results DIR] [--cells TEXT ...] [--jobs N] [--json FILE]

An independent check that a verdict is about norms and not about a fault of normlab. CLAIM is a file of claims
(docs/claims-format.md), or the id of one in claims/. `normlab claims run` has made its records before; from
these come the configs, and nothing else: data, networks, steps and evaluations are those of PyTorch's modules
and of the scripts here, with PyTorch's own random numbers.

Each cell (the runs that differ in their seed alone) is trained with some seeds, and its values (steps to the
target, or the claim's metric) are compared with those of normlab's runs. Both are cut at the earliest point
at which a run of either is censored; a run that diverged counts as the last. The comparisons are

- of each cell: Wilcoxon's rank sum test, exact with ties, of "both come from one distribution",
- of all cells with one value of the compared setting together, such as all with layer norm, by the geometric
  mean over these cells of each seed: many small differences in one direction show here.

Holm's procedure makes their p those of one family for each claim. A claim DIFFERS where an adjusted p is at
most the level of its file (0.05 unless it says otherwise): without any fault that happens that often. It
AGREES otherwise, which is no proof of equality: the ratio PyTorch / normlab has a 95 % interval (Moses, by the
same ranks), and what lies within it remains possible. More seeds make it narrower. The last table has the
effect that the claim is about, the ratio of its two sides' means by either program, and in how many pairs of
PyTorch's runs, one of each side, the first has less (ties as half).

Exit status: 0 every claim agrees, 1 one differs or PyTorch is missing, 2 wrong request.

Needs python3-torch and an optimized BLAS (libopenblas0-pthread), on which one thread of each job works.
"""
import argparse
import json
import multiprocessing
import os
import pathlib
import sys
import time

sys.dont_write_bytecode = True
for library in "OPENBLAS", "MKL", "OMP":  # read when they are loaded
    os.environ[f"{library}_NUM_THREADS"] = "1"

try:
    import torch

    from torch_steps import blas_library
    from verify import comparison, datasets, printing, training
    from verify.claims import load_claims
    from verify.network import unsupported
    from verify.output import require_writable
    from verify.refusal import Refusal
except ModuleNotFoundError as missing:
    sys.exit(f"verify_torch: {missing}; install python3-torch and libopenblas0-pthread")


def positive(text):
    if int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is below 1")
    return int(text)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("claim", metavar="CLAIM", help="a file of claims, or a claim's id")
    parser.add_argument(
        "--seeds", type=positive, metavar="N",
        help="PyTorch's of each cell [the fewest that can show a difference, at least 3]",
    )  # fmt: skip
    parser.add_argument("--results", default="results/claims", metavar="DIR", help="[results/claims]")
    parser.add_argument("--cells", nargs="+", metavar="TEXT", help="contrasts with one of these in their name [all]")
    parser.add_argument("--jobs", type=positive, default=1, metavar="N", help="trainings side by side [1]")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="also write it here (docs/claims-format.md)")
    return parser.parse_args()


def choose_contrasts(claims, texts):
    if texts is None:
        return claims
    for claim in claims:
        claim.contrasts = [one for one in claim.contrasts if any(text in one.label for text in texts)]
    chosen = [claim for claim in claims if claim.contrasts]
    if not chosen:
        raise Refusal(f"cells: {' '.join(texts)} is in no contrast's name")
    return chosen


def require_trainable(cell):
    """What would make the comparison one of different things is refused before anything is trained."""
    setting = unsupported(cell.config)
    if setting:
        raise Refusal(f"{cell.label}: {setting} is not trained here")
    data = datasets.load(cell.config)
    for record in cell.records:
        if data.checksum and record.get("data_checksum", data.checksum) != data.checksum:
            raise Refusal(f"results: {record['id']} was trained on other data than there are now")
        parameters, trained = record["model"]["parameters"], training.parameter_count(cell.config, data)
        if parameters != trained:
            raise Refusal(f"{cell.label}: normlab's network has {parameters} parameters, PyTorch's has {trained}")


def seeds_for(claims, wanted):
    fewest = max(comparison.fewest_seeds(claim.cells, claim.level) for claim in claims)
    if wanted is not None and wanted < fewest:
        raise Refusal(f"seeds: {wanted} could show no difference, whatever they find; at least {fewest} are needed")
    return wanted or fewest


def train_one(task):
    """Of (config, measures, seed): the curve, and the seconds that the processor took for it."""
    config, measures, seed = task
    begin = time.process_time()
    run = training.Run(config, datasets.load(config), seed)
    curve = run.train(lambda evaluations: all(measure.is_enough(evaluations) for measure in measures))
    return curve, time.process_time() - begin


def train_all(cells, seeds, jobs):
    """Gives the cells their curves; those of one config are trained once."""
    by_config = {}
    for cell in cells:
        by_config.setdefault(json.dumps(cell.config, sort_keys=True), []).append(cell)
    groups = list(by_config.values())
    measures = [[cell.measure for cell in group] for group in groups]
    tasks = [(group[0].config, asked, seed) for seed in range(1, seeds + 1) for group, asked in zip(groups, measures)]
    with multiprocessing.get_context("spawn").Pool(jobs, training.prepare) as pool:
        for place, (curve, seconds) in enumerate(pool.imap(train_one, tasks)):
            group = groups[place % len(groups)]
            for cell in group:
                cell.curves.append(curve)
            end = "diverged" if curve.diverged else f"{curve.evaluations[-1]['step']} steps"
            label = f"{group[0].label}, seed {tasks[place][2]}: {end} in {seconds:.0f} s"
            print(f"verify_torch: {place + 1}/{len(tasks)} {label}", file=sys.stderr, flush=True)


def print_claim(claim, rows, effects, seeds):
    measures = ", ".join(sorted({cell.measure.text for cell in claim.cells}))
    print(f"{claim.id}: {claim.sentence}")
    print(f"{measures}; {len(claim.cells[0].records)} seeds of normlab, {seeds} of PyTorch {torch.__version__}\n")
    head = ["cell", "normlab", "median", "PyTorch", "ratio (95 %)", "p", "adjusted", ""]
    print("\n".join(printing.table(head, [printing.row_cells(row, claim.level) for row in rows])))
    head = ["effect", "normlab", "PyTorch", "direction", "first has less"]
    print("\n" + "\n".join(printing.table(head, [printing.effect_cells(effect) for effect in effects])))


def judge(claim, seeds):
    """Prints a claim and says what the JSON file has of it."""
    rows, effects = comparison.compare_cells(claim.cells), [comparison.effect_of(one) for one in claim.contrasts]
    print_claim(claim, rows, effects, seeds)
    differing = [row for row in rows if row.adjusted_p <= claim.level]
    verdict = "differs" if differing else "agrees"
    reason = f" in {'; '.join(row.label for row in differing)}" if differing else ""
    print(f"\n{claim.id} {verdict}{reason}\n", flush=True)
    return {
        "id": claim.id,
        "verdict": verdict,
        "level": claim.level,
        "cells": [comparison.row_json(row) for row in rows],
        "effects": [vars(effect) for effect in effects],
    }


def verify(arguments):
    if arguments.json:
        require_writable(arguments.json)
    claims = choose_contrasts(load_claims(arguments.claim, arguments.results), arguments.cells)
    seeds = seeds_for(claims, arguments.seeds)
    for claim in claims:
        for cell in claim.cells:
            require_trainable(cell)
    if "/blas/libblas" in blas_library():
        print("verify_torch: libopenblas0-pthread would be several times as fast as this BLAS", file=sys.stderr)
    train_all([cell for claim in claims for cell in claim.sides], seeds, arguments.jobs)
    verdicts = [judge(claim, seeds) for claim in claims]
    if arguments.json:
        about = {"schema": "normlab.verification/1", "pytorch": torch.__version__, "seeds": seeds}
        arguments.json.write_text(json.dumps({**about, "claims": verdicts}, indent=2) + "\n")
    return all(verdict["verdict"] == "agrees" for verdict in verdicts)


def main():
    arguments = parse_arguments()
    try:
        sys.exit(0 if verify(arguments) else 1)
    except Refusal as refusal:
        print(f"verify_torch: {refusal}.", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
