#!/usr/bin/env python3
"""Draws the figures of a sweep from its run records (docs/results-format.md).

    scripts/plot.py results/quick              # writes results/quick/plots/*.png
    scripts/plot.py results/quick -o figures --svg

Figures: learning curves by epoch and by training time, epochs and seconds to the target against the batch
size, and epochs against seconds. Needs matplotlib (Debian and Ubuntu: python3-matplotlib); where the Python that
runs this has none, the system's own is tried. The figures are in plots/, one file for each kind.
"""

from plots import command, epochs_against_seconds, learning_curves, to_target

if __name__ == "__main__":
    command.main({**learning_curves.FIGURES, **to_target.FIGURES, **epochs_against_seconds.FIGURES})
