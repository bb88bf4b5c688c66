#!/usr/bin/python3
"""Writes what PyTorch computes into tests/data_files/, for the tests to compare with.

    scripts/make_torch_fixtures.py [FOLDER]

Needs python3-torch (1.13 or later). Everything is computed in double precision from inputs that are 32-bit
floats, and stored as 32-bit floats. The same PyTorch gives the same files. Each file holds cases; tensor
"CASE/QUANTITY" belongs to a case, and the file's metadata gives each case's settings as JSON. The cases are in
torch_fixtures/, one file for each kind.
"""
import pathlib
import sys

import torch

from torch_fixtures import normalization, operations, optimizers, recurrent, trainings, trajectories


def main():
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    torch.manual_seed(1)
    root = pathlib.Path(__file__).resolve().parent.parent
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "tests/data_files"
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in {
        "normalization": normalization.normalizations,
        "weight_norm": normalization.weight_norms,
        "recurrent": recurrent.recurrent_layers,
        "softmax_cross_entropy": operations.softmax_cross_entropies,
        "optimizer": optimizers.optimizers,
        "convolution": operations.convolutions,
        "trajectories": lambda: trajectories.trajectories(folder),
        "training": trainings.trainings,
    }.items():
        make().write(folder / f"torch_{name}.safetensors")


if __name__ == "__main__":
    main()
