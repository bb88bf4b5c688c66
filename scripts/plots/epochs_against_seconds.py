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
from plots.figure import Figure
from plots.style import BATCH_MARKERS, GREY, norm_label, style_of


def draw_runs(ax, points, marker, colour, size):
    """A large marker at the medians, small ones at the seeds; returns the medians, which are not numbers for a miss."""
    if len(points) > 1:
        for point in points:
            if all(map(math.isfinite, point)):
                ax.plot(*point, marker=marker, color=colour, markersize=4, alpha=0.4, linewidth=0)
    middle = [statistics.median(values) for values in zip(*points)]
    if not all(map(math.isfinite, middle)):
        middle = [math.nan, math.nan]
    edge = {"markeredgecolor": "white", "markeredgewidth": 0.7}
    ax.plot(*middle, marker=marker, color=colour, zorder=4, markersize=size, **edge)
    return middle


def draw_norms(ax, sweep, model, clock, markers):
    for index, norm in enumerate(sweep.norms):
        colour = style_of(norm)[0]
        # Smaller for each further norm, so that equal medians show as rings instead of hiding one another.
        size = 9.8 - 2.8 * index / max(len(sweep.norms) - 1, 1)
        middles = []
        for batch_size in sweep.batch_sizes:
            runs = [run for run in sweep.runs_of(model, norm, batch_size) if run.counts]
            points = [(run.to_target(), run.to_target(clock)) for run in runs]
            if points:
                middles.append(draw_runs(ax, points, markers[batch_size], colour, size))
        if middles:
            ax.plot(*zip(*middles), color=colour, linewidth=1.1, alpha=0.55, zorder=2)


def draw_panel(ax, sweep, model, clock, markers):
    runs = [run for run in sweep.counting(model) if run.converged]
    set_measure_axis(ax, "x", [run.to_target() for run in runs], from_zero=False)
    set_measure_axis(ax, "y", [run.to_target(clock) for run in runs], from_zero=False)
    draw_norms(ax, sweep, model, clock, markers)
    ax.set_title(captions.panel_title(sweep, model), loc="left")
    ax.set_xlabel("epochs to target")
    ax.set_ylabel("training time to target (seconds)")


def legend(plt, sweep, markers):
    handles = [
        plt.Line2D([], [], color=style_of(norm)[0], linewidth=5, label=norm_label(norm))
        for norm in sweep.shown_norms()
    ]
    for size, marker in markers.items():
        style = {"marker": marker, "linewidth": 0, "markersize": 7}
        handles.append(plt.Line2D([], [], color=GREY, label=f"batch size {size}", **style))
    return handles


def draw(plt, sweep, clock):
    models = [model for model in sweep.models if any(run.converged for run in sweep.counting(model))]
    if not models:
        return None
    title = f"{sweep.name}: epochs to target against training time"
    size = {"width": 4.2, "alone": 7.2, "height": 3.7}
    figure = Figure(plt, title, captions.heading(sweep), len(models), 3, **size)
    markers = {size: BATCH_MARKERS[i % len(BATCH_MARKERS)] for i, size in enumerate(sweep.batch_sizes)}
    for ax, model in zip(figure.axes, models):
        draw_panel(ax, sweep, model, clock, markers)
    note = "Down and to the left is better. Lines join the batch sizes of a norm."
    if sweep.several_seeds:
        note += " Large markers are medians over seeds, small ones single seeds."
    misses = [captions.misses(sweep, model) for model in sweep.models]
    return figure.finish(legend(plt, sweep, markers), [note, *misses, *captions.closing_notes(sweep, clock)])


FIGURES = {"epochs-against-seconds": draw}

if __name__ == "__main__":
    command.main(FIGURES)
