#!/usr/bin/env python3
"""Writes a sweep's curves for TensorBoard (`normlab report DIR --tensorboard`), reads them with TensorBoard itself and
compares every value with the records.

    scripts/check_tensorboard.py results/quick [--normlab build/release/normlab]

Needs the Python package tensorboard.
"""

import math
import sys
from datetime import datetime

from exported import exported, options_of, records_in

SESSION = "_hparams_/session_start_info"


def single(value):
    """In single precision, as TensorBoard keeps it; not a number for what was not finite."""
    import numpy

    return math.nan if value is None else float(numpy.float32(value))


def expected_scalars(record):
    """{tag: [(wall time, step, value)]}"""
    started = record.get("started")
    start = datetime.fromisoformat(started.replace("Z", "+00:00")).timestamp() if started else 0
    found = {}

    def add(tag, evaluation, value):
        at = start + evaluation["seconds"]["train"]
        found.setdefault(tag, []).append((at, evaluation["step"], single(value)))

    def add_layers(evaluation, layers):
        for layer in layers:
            for name, value in layer["activation"].items():
                add(f"layers/{layer['name']}/activation_{name}", evaluation, value)
            for name in ("gradient_norm", "parameter_gradient_norm", "weight_norm"):
                add(f"layers/{layer['name']}/{name}", evaluation, layer[name])

    add_layers({"step": 0, "seconds": {"train": 0}}, record.get("initial", {}).get("layers", []))
    for evaluation in record["evaluations"]:
        for part in ("train", "validation"):
            for metric, value in evaluation[part].items():
                add(f"{part}/{metric}", evaluation, value)
        for mode, metrics in evaluation.get("modes", {}).items():
            for metric, value in metrics.items():
                add(f"modes/{mode}/{metric}", evaluation, value)
        for name in ("learning_rate", "gradient_norm"):
            add(name, evaluation, evaluation[name])
        add_layers(evaluation, evaluation.get("layers", []))
    for metric, value in (record.get("test") or {}).items():
        add(f"test/{metric}", record["evaluations"][-1], value)
    return found


def scalars_of(accumulator, hparams):
    from tensorboard.util import tensor_util

    found = {}
    for tag in accumulator.Tags()["tensors"]:
        if tag != SESSION:
            found[tag] = [
                (event.wall_time, event.step, float(tensor_util.make_ndarray(event.tensor_proto)))
                for event in accumulator.Tensors(tag)
            ]
    content = accumulator.SummaryMetadata(SESSION).plugin_data.content
    return found, hparams.HParamsPluginData.FromString(content).session_start_info


def equal(found, expected):
    return found == expected or (math.isnan(found) and math.isnan(expected))


def compare(folder, record, plugins):
    event_accumulator, hparams = plugins
    accumulator = event_accumulator.EventAccumulator(str(folder / record["id"]), {"tensors": 0})
    accumulator.Reload()
    found, session = scalars_of(accumulator, hparams)
    expected = expected_scalars(record)
    if sorted(found) != sorted(expected):
        sys.exit(f"{record['id']}: TensorBoard finds {sorted(found)}, and the record has {sorted(expected)}")
    for tag, points in expected.items():
        same = len(points) == len(found[tag]) and all(
            equal(a, b) for one, other in zip(found[tag], points) for a, b in zip(one, other))
        if not same:
            sys.exit(f"{record['id']}, {tag}: TensorBoard finds {found[tag]}, and the record has {points}")
    values = session.hparams
    names = (values["norm.name"].string_value, values["batch_size"].number_value, values["seed"].number_value)
    config = record["config"]
    if names != (config["norm"]["name"], config["batch_size"], config["seed"]):
        sys.exit(f"{record['id']}: its settings are {names}")
    return sum(map(len, expected.values()))


def main():
    options = options_of("Compares a sweep's event files with its records.")
    from tensorboard.backend.event_processing import plugin_event_accumulator as event_accumulator
    from tensorboard.plugins.hparams import plugin_data_pb2
    from tensorboard.version import VERSION

    records = [record for record in records_in(options.folder) if record.get("evaluations")]
    with exported(options, "--tensorboard") as logs:
        written = len(list(logs.iterdir()))
        if written != len(records):
            sys.exit(f"{written} runs were written, and {len(records)} were evaluated")
        points = sum(compare(logs, record, (event_accumulator, plugin_data_pb2)) for record in records)
    print(f"TensorBoard {VERSION}: {points} points of {len(records)} runs are those of the records")


if __name__ == "__main__":
    main()
