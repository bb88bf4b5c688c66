#!/usr/bin/python3
"""Races normlab's training steps against PyTorch's, on one thread of one core.

    scripts/bench_torch.py [--spec experiments/quick.json] [--norms none,batch,layer] [--rounds 3] [--json FILE]

For every model, norm and batch size of the spec, `normlab run` and PyTorch take turns on the same core, so that
what else the machine does meets both alike. A step is batch assembly, forward, backward and update, with the
spec's optimizer and clipping. Needs python3-torch, an optimized BLAS (libopenblas0-pthread: with Debian's
reference BLAS PyTorch's products are 15 times slower) and the Fashion-MNIST package. PyTorch's plain LSTM, GRU
and RNN are its own modules; it has no normalized ones, and those here loop over time steps in Python.
"""
import argparse
import gzip
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # read when the library is loaded

import numpy
import torch
from torch.nn import functional as F

from torch_models import Cnn, Mlp, RecurrentClassifier

ROOT = pathlib.Path(__file__).resolve().parent.parent
WARMUP_STEPS = 10


def blas_library():
    """The file that PyTorch's matrix products come from, as far as the system tells."""
    with open("/proc/self/maps") as maps:
        names = {line.split()[-1] for line in maps if "blas" in line.lower() or "mkl" in line.lower()}
    return min(names, default="built into PyTorch")


def product_speed():
    """Of PyTorch, in 10^9 floating-point operations a second."""
    a, b = torch.randn(128, 784), torch.randn(784, 128)
    seconds = []
    for _ in range(50):
        begin = time.perf_counter()
        a @ b
        seconds.append(time.perf_counter() - begin)
    return 2 * a.numel() * b.shape[1] / min(seconds) / 1e9


def percentiles(seconds):
    p10, median, p90 = numpy.percentile(seconds, [10, 50, 90])
    return {"p10": p10, "median": median, "p90": p90}


def merge(base, changes):
    """`base` with `changes` over it; a name stands for an object with that name."""
    merged = dict(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both else value
    return merged


class NormlabRunner:
    """Runs `normlab run` on a config that takes `steps` steps and evaluates once."""

    def __init__(self, program, steps):
        self.program, self.steps = program, steps

    def __call__(self, config):
        config = {key: value for key, value in config.items() if key != "target"}
        config["budget"] = {"steps": self.steps}
        config["evaluate_every"] = {"steps": self.steps}
        config["threads"] = 1
        with tempfile.TemporaryDirectory() as folder:
            files = pathlib.Path(folder, "config.json"), pathlib.Path(folder, "record.json")
            files[0].write_text(json.dumps(config))
            command = [self.program, "run", "--config", files[0], "--out", files[1], "--quiet"]
            run = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if run.returncode != 0:
                sys.exit(f"bench_torch: {run.stderr.strip()}")
            return json.loads(files[1].read_text())


class TorchRunner:
    """Trains the module that a resolved config describes."""

    def __init__(self, folder, steps):
        self.steps = steps
        images = self._read(folder / "train-images-idx3-ubyte.gz", 16).reshape(-1, 28, 28)
        self.images = torch.from_numpy(images)
        self.labels = torch.from_numpy(self._read(folder / "train-labels-idx1-ubyte.gz", 8).astype("int64"))

    @staticmethod
    def _read(path, header_bytes):
        with gzip.open(path) as file:
            return numpy.frombuffer(file.read(), numpy.uint8)[header_bytes:].copy()

    @staticmethod
    def _module(config):
        model, norm = config["model"], config["norm"]["name"]
        if model["name"] == "mlp":
            return Mlp(norm, hidden=model["hidden"], activation=model["activation"])
        if model["name"] == "cnn":
            sizes = {"blocks": model["blocks"], "dense": model["dense"]}
            return Cnn(norm, **sizes, activation=model["activation"])
        return RecurrentClassifier(
            model["name"],
            norm,
            hidden=model["hidden_size"],
            layers=model["layers"],
            bidirectional=model["bidirectional"],
        )

    @staticmethod
    def _optimizer(config, parameters):
        settings = config["optimizer"]
        rate, name = settings["learning_rate"], settings["name"]
        if name in ("adam", "adamw"):
            rule = torch.optim.Adam if name == "adam" else torch.optim.AdamW
            return rule(parameters, rate, (settings["beta1"], settings["beta2"]), settings["epsilon"])
        return torch.optim.SGD(parameters, rate, momentum=settings.get("momentum", 0))

    def __call__(self, config):
        module = self._module(config)
        parameters = list(module.parameters())
        optimizer = self._optimizer(config, parameters)
        batch, clip = config["batch_size"], config["clip_gradient_norm"]
        order = torch.randperm(len(self.images))
        seconds = []
        for step in range(self.steps + WARMUP_STEPS):
            begin = time.perf_counter()
            first = step * batch % (len(order) - batch)
            chosen = order[first : first + batch]
            images = self.images[chosen].float().div_(255)
            loss = F.cross_entropy(module(images), self.labels[chosen])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            if clip > 0:
                torch.nn.utils.clip_grad_norm_(parameters, clip)
            optimizer.step()
            loss.item()
            seconds.append(time.perf_counter() - begin)
        return percentiles(seconds[WARMUP_STEPS:])


def race(config, normlab, pytorch, rounds):
    """Both step times of each round, and the median over rounds of PyTorch's over normlab's."""
    times = {"normlab": [], "pytorch": []}
    for _ in range(rounds):
        record = normlab(config)
        times["normlab"].append({key: record["step_seconds"][key] for key in ("p10", "median", "p90")})
        times["pytorch"].append(pytorch(record["config"]))
    pairs = list(zip(times["normlab"], times["pytorch"]))
    result = {"step_seconds": times}
    for key in "median", "p10":
        result[f"ratio_{key}"] = statistics.median(theirs[key] / ours[key] for ours, theirs in pairs)
    return result


def table_row(cell):
    def milliseconds(program, key):
        return 1e3 * statistics.median(times[key] for times in cell["step_seconds"][program])

    return (
        f"{cell['model']:6} {cell['norm']:9} {cell['batch_size']:6}"
        f" {milliseconds('normlab', 'median'):12.3f} {milliseconds('pytorch', 'median'):12.3f}"
        f" {cell['ratio_median']:8.2f}"
        f" {milliseconds('normlab', 'p10'):12.3f} {milliseconds('pytorch', 'p10'):12.3f}"
        f" {cell['ratio_p10']:8.2f}"
    )


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--spec", type=pathlib.Path, default=ROOT / "experiments/quick.json")
    parser.add_argument("--program", type=pathlib.Path, default=ROOT / "build/release/normlab")
    parser.add_argument("--models", help="only these models of the spec, as in mlp,cnn")
    parser.add_argument("--norms", help="these norms instead of the spec's")
    parser.add_argument("--batch-sizes", help="these batch sizes instead of the spec's")
    parser.add_argument("--steps", type=int, default=200, help="steps of a turn [200]")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each program [3]")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="[the last]")
    parser.add_argument("--data", type=pathlib.Path, default="/usr/share/datasets/fashion-mnist")
    parser.add_argument("--json", type=pathlib.Path, help="also write the times here")
    return parser.parse_args()


def main():
    arguments = parse_arguments()
    os.sched_setaffinity(0, {arguments.core})
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)  # as normlab does
    spec = json.loads(arguments.spec.read_text())
    grid = spec["grid"]
    norms = arguments.norms.split(",") if arguments.norms else grid["norm"]
    batch_sizes = grid["batch_size"]
    if arguments.batch_sizes:
        batch_sizes = [int(batch_size) for batch_size in arguments.batch_sizes.split(",")]
    normlab = NormlabRunner(arguments.program, arguments.steps)
    pytorch = TorchRunner(arguments.data, arguments.steps)
    speed = product_speed()
    print(f"PyTorch {torch.__version__}, products by {blas_library()} at {speed:.0f} GFLOP/s")
    if "/blas/" in blas_library():
        print("warning: that is the reference BLAS, which nobody who wants speed uses; see --help", file=sys.stderr)
    print("                          median milliseconds of a step         10th percentile")
    print("model  norm       batch      normlab      PyTorch    ratio      normlab      PyTorch    ratio")
    cells = []
    for model in grid["model"]:
        if arguments.models and model["name"] not in arguments.models.split(","):
            continue
        for norm in norms:
            for batch_size in batch_sizes:
                config = merge(spec["base"], {"model": model, "norm": norm, "batch_size": batch_size})
                cell = {"model": model["name"], "norm": norm, "batch_size": batch_size}
                cells.append({**cell, **race(config, normlab, pytorch, arguments.rounds)})
                print(table_row(cells[-1]), flush=True)
    if arguments.json:
        about = {"torch": torch.__version__, "blas": blas_library(), "product_gflops": speed}
        arguments.json.write_text(json.dumps({**about, "cells": cells}, indent=2) + "\n")


if __name__ == "__main__":
    main()
