"""Epochs to the target against training time, a point for each norm and batch size.

    python3 scripts/plots/epochs_against_seconds.py results/quick    # this alone, with the options of plot.py
"""

import math
import statistics
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the folder that the package is in

from plots import captions, command
from plots.axes import set_measure_axis
from plots.figure import Figure, norm_handles
from plots.style import NOTE_SIZE, TEXT_GREY, line_of, style_of


def draw_runs(ax, points, batch_size, style, size):
    """A large marker at the medians with the batch size beside it, small ones at the seeds; returns the medians, which
    are not numbers for a miss."""
    if len(points) > 1:
        for point in points:
            if all(map(math.isfinite, point)):
                ax.plot(*point, marker=style.marker, color=style.colour, markersize=4, alpha=0.4, linewidth=0)
    middle = [statistics.median(values) for values in zip(*points)]
    if not all(map(math.isfinite, middle)):
        return [math.nan, math.nan]
    edge = {"markeredgecolor": "white", "markeredgewidth": 0.7}
    ax.plot(*middle, marker=style.marker, color=style.colour, zorder=4, markersize=size, **edge)
    place = {"textcoords": "offset points", "xytext": (6, 3), "zorder": 5}
    ax.annotate(str(batch_size), middle, fontsize=NOTE_SIZE, color=TEXT_GREY, **place)
    return middle


def draw_norms(ax, sweep, block, clock):
    for index, norm in enumerate(sweep.norms):
        # Smaller for each further norm, so that equal medians show as rings instead of hiding one another.
        size = 9.8 - 2.8 * index / max(len(sweep.norms) - 1, 1)
        middles = []
        for batch_size in sweep.batch_sizes:
            runs = [run for run in block.runs_of(norm, batch_size) if run.counts]
            points = [(run.to_target(), run.to_target(clock)) for run in runs]
            if points:
                middles.append(draw_runs(ax, points, batch_size, style_of(norm), size))
        if middles:
            ax.plot(*zip(*middles), linewidth=1.3, alpha=0.7, zorder=2, **line_of(norm))


def draw_panel(ax, sweep, block, clock):
    runs = [run for run in sweep.runs if run.counts and run.converged]
    set_measure_axis(ax, "x", [run.to_target() for run in runs], from_zero=False)
    set_measure_axis(ax, "y", [run.to_target(clock) for run in runs], from_zero=False)
    draw_norms(ax, sweep, block, clock)
    ax.set_title(captions.panel_title(sweep, block), loc="left")
    ax.set_xlabel("epochs to target")
    ax.set_ylabel("seconds to target")


def draw(plt, sweep, clock):
    blocks = [block for block in sweep.blocks if any(run.converged for run in block.counting())]
    if not blocks:
        return None
    title = f"{sweep.name}: epochs to target against training time"
    size = {"width": 4.2, "alone": 7.2, "height": 3.7}
    figure = Figure(plt, title, captions.heading(sweep), len(blocks), 3, **size)
    for ax, block in zip(figure.axes, blocks):
        draw_panel(ax, sweep, block, clock)
    note = "Down and to the left is better. Numbers are batch sizes, which lines join for each norm."
    if sweep.several_seeds:
        note += " Large markers are medians over seeds, small ones single seeds."
    misses = [captions.misses(sweep, block) for block in blocks]
    return figure.finish(norm_handles(plt, sweep), [note, *misses, *captions.closing_notes(sweep, clock)])


FIGURES = {"epochs-against-seconds": draw}

if __name__ == "__main__":
    command.main(FIGURES)
