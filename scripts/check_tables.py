#!/usr/bin/env python3
"""Writes the tables of a sweep (`normlab report DIR --tables`), reads them with pandas and compares every value with
the records. Where R is installed, it reads them too and has to find the same sums; with its package survival, a
Kaplan-Meier curve is drawn from the events.

    scripts/check_tables.py results/quick [--normlab build/release/normlab]

Needs pandas (Debian and Ubuntu: python3-pandas).
"""

import json
import math
import shutil
import subprocess
import sys

from exported import exported, options_of, records_in

NOT_IN_TABLE = {"name", "time_gradient_norm"}  # the name is `layer` there; time steps have no table
KEYS = {"epochs", "steps", "train_seconds"}
R_PROGRAM = """
folder <- commandArgs(TRUE)[1]
runs <- read.csv(file.path(folder, "runs.csv"))
evaluations <- read.csv(file.path(folder, "evaluations.csv"))
layers <- read.csv(file.path(folder, "layers.csv"))
total <- function(values) format(sum(values[is.finite(values)]), digits = 15)
cat(nrow(runs), sum(is.infinite(runs$event.epochs)), total(runs$event.steps_after),
    nrow(evaluations), total(evaluations$train.loss), nrow(layers), "\\n")
if (requireNamespace("survival", quietly = TRUE) && any(!is.na(runs$event.epochs))) {
  curve <- survival::survfit(survival::Surv(event.epochs_after, event.epochs, type = "interval2") ~ 1, runs)
  cat("survival:", curve$n, "runs in one curve\\n", file = stderr())
}
"""


def value_at(record, path):
    for key in path.split("."):
        record = record.get(key) if isinstance(record, dict) else None
    return record


def flatten(settings, prefix=""):
    for key, value in settings.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def same(found, expected):
    """Whether a field that pandas read is a value of a record."""
    if expected is None:
        return found != found  # not a number: an empty field
    if isinstance(expected, bool):
        return bool(found) is expected
    if isinstance(expected, list):
        return json.loads(found) == expected
    return found == expected


class Checker:
    def __init__(self):
        self.values = 0

    def check(self, row, column, expected, where):
        self.values += 1
        if not same(row[column], expected):
            sys.exit(f"{where}: {column} is {row[column]!r}, and the record says {expected!r}")

    def check_run(self, row, record):
        where = f"runs.csv, {record['id']}"
        settings = dict(flatten(record.get("defaults", {}))) | dict(flatten(record["config"]))
        for path, value in settings.items():
            self.check(row, path, value, where)
        for path in ("step_seconds.median", "environment.cpu", "started", "training_clock.seconds"):
            self.check(row, path, value_at(record, path), where)
        for metric, value in (record.get("test") or {}).items():
            self.check(row, f"test.{metric}", value, where)
        reached, censored = record.get("convergence"), record.get("censored")
        for key in KEYS if reached else ():
            self.check(row, f"event.{key}", reached[key], where)
            if f"{key}_after" in reached:
                self.check(row, f"event.{key}_after", reached[f"{key}_after"], where)
        for key in KEYS if censored else ():
            self.check(row, f"event.{key}", math.inf, where)
            self.check(row, f"event.{key}_after", censored[key], where)

    def check_evaluation(self, row, evaluation, run):
        where = f"evaluations.csv, {run}, step {evaluation['step']}"
        for path, value in flatten({key: value for key, value in evaluation.items() if key != "layers"}):
            self.check(row, path, value, where)

    def check_layer(self, row, layer, run):
        self.check(row, "layer", layer["name"], run)
        for path, value in flatten({key: value for key, value in layer.items() if key not in NOT_IN_TABLE}):
            self.check(row, path, value, f"layers.csv, {run}")


def compare(folder, records):
    import pandas

    # The fast parser of pandas is off by a last digit here and there.
    tables = [pandas.read_csv(folder / f"{name}.csv", float_precision="round_trip", low_memory=False)
              for name in ("runs", "evaluations", "layers")]
    runs, evaluations, layers = ([row for _, row in table.iterrows()] for table in tables)
    checker = Checker()
    if len(runs) != len(records):
        sys.exit(f"runs.csv has {len(runs)} lines, and there are {len(records)} records")
    rows, layer_rows = iter(evaluations), iter(layers)
    for row in runs:
        record = records[row["id"]]
        checker.check_run(row, record)
        for layer in record.get("initial", {}).get("layers", []):
            checker.check_layer(next(layer_rows), layer, record["id"])
        for evaluation in record.get("evaluations", []):
            checker.check_evaluation(next(rows), evaluation, record["id"])
            for layer in evaluation.get("layers", []):
                checker.check_layer(next(layer_rows), layer, record["id"])
    if next(rows, None) is not None or next(layer_rows, None) is not None:
        sys.exit("there are more lines than evaluations or layers")
    print(f"pandas {pandas.__version__}: {checker.values} values of {len(runs)} runs are those of the records")
    return tables


def compare_with_r(folder, tables):
    import numpy

    if not shutil.which("Rscript"):
        print("R is not installed: not compared")
        return
    answer = subprocess.run(
        ["Rscript", "-e", R_PROGRAM, folder], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    runs, evaluations, layers = tables
    after = runs["event.steps_after"]
    expected = [len(runs), numpy.isinf(runs["event.epochs"]).sum(), after[numpy.isfinite(after)].sum(),
                len(evaluations), evaluations["train.loss"].sum(), len(layers)]
    if not numpy.allclose([float(text) for text in answer], numpy.array(expected, float), rtol=1e-12):
        sys.exit(f"R finds {answer}, and pandas {expected}")
    print("R reads the same")


def main():
    options = options_of("Compares a sweep's tables with its records.")
    records = {record["id"]: record for record in records_in(options.folder)}
    with exported(options, "--tables") as tables:
        compare_with_r(tables, compare(tables, records))


if __name__ == "__main__":
    main()
