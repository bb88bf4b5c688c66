#!/usr/bin/env python3
"""Draws the figures of a sweep from its run records (docs/results-format.md).

    scripts/plot.py results/quick              # writes results/quick/plots/*.png
    scripts/plot.py results/quick -o figures --svg

Figures: learning curves by epoch and by training time, epochs and seconds to the target against the batch
size, epochs against seconds, the share of seeds that reached the target, how the target's threshold matters, and what
it takes against each setting that varies and is a number. Needs matplotlib (Debian and Ubuntu: python3-matplotlib);
where the Python that runs this has none, the system's own is tried. The figures are in plots/, one file for each kind.
"""

from plots import (
    against_setting,
    command,
    epochs_against_seconds,
    kaplan_meier,
    learning_curves,
    thresholds,
    to_target,
)

if __name__ == "__main__":
    kinds = (learning_curves, to_target, epochs_against_seconds, kaplan_meier, thresholds, against_setting)
    command.main({name: draw for kind in kinds for name, draw in kind.FIGURES.items()})
