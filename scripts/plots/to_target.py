"""Epochs and seconds to the target against the batch size; misses stand in a strip at the top.

    python3 scripts/plots/to_target.py results/quick    # these alone, with the options of plot.py
"""

import math
import statistics
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the folder that the package is in

from plots import captions, command
from plots.axes import set_batch_axis, set_measure_axis
from plots.figure import Figure, norm_handles
from plots.style import COUNT_SIZE, GREY, NOTE_SIZE, STRIP_GREY, line_of, style_of

# Of the panel's height: above which misses stand, their markers, and how many there are.
MISS_LINE, MISS_MARKER, MISS_COUNT = 0.85, 0.945, 0.885


def height_in_data(ax, fraction):
    return ax.transData.inverted().transform(ax.transAxes.transform((0, fraction)))[1]


def draw_miss_strip(ax, label="not\nreached"):
    """The strip at the top where misses stand; the axis' numbers end below it."""
    strip = ax.patch.__class__((0, MISS_LINE), 1, 1 - MISS_LINE, transform=ax.transAxes)
    strip.set(facecolor=STRIP_GREY, edgecolor="none", zorder=1.2)
    ax.add_patch(strip)
    place = {"transform": ax.transAxes, "ha": "right", "va": "center"}
    ax.text(-0.015, MISS_MARKER, label, fontsize=NOTE_SIZE, **place)
    top = height_in_data(ax, MISS_LINE)
    ax.set_yticks([tick for tick in ax.get_yticks() if ax.get_ylim()[0] <= tick < top])


def draw_misses(ax, x, values, colour, label):
    finite = [value for value in values if math.isfinite(value)]
    across = ax.get_xaxis_transform()
    ax.plot(x, MISS_MARKER, marker="x", color=colour, markersize=6.5, markeredgewidth=1.8, transform=across)
    if finite:
        line = [max(finite), height_in_data(ax, MISS_LINE)]
        ax.plot([x, x], line, color=colour, linewidth=1.2, linestyle=":", alpha=0.9)
    if label:
        text = f"{len(values) - len(finite)}/{len(values)}"
        place = {"transform": across, "ha": "center", "va": "center"}
        ax.text(x, MISS_COUNT, text, fontsize=COUNT_SIZE, color=colour, **place)


def draw_runs(ax, x, values, style, label_misses):
    """A marker at the median, a bar over the range; returns the median for the line between batch sizes."""
    colour, marker = style.colour, style.marker
    finite = [value for value in values if math.isfinite(value)]
    middle = statistics.median(values)
    if finite and max(finite) > min(finite):
        ax.plot([x, x], [min(finite), max(finite)], color=colour, linewidth=1.6, solid_capstyle="butt", alpha=0.8)
    if len(finite) < len(values):
        draw_misses(ax, x, values, colour, label_misses)
        if finite and not math.isfinite(middle):
            ax.plot(x, min(finite), marker="_", color=colour, markersize=7)
    if math.isfinite(middle):
        ax.plot(x, middle, marker=marker, color=colour, markersize=6.5, markeredgecolor="white", markeredgewidth=0.6)
    return middle


def draw_norm(ax, sweep, block, norm, clock, dodge, label_misses):
    points = []
    for batch_size in sweep.batch_sizes:
        values = [run.to_target(clock) for run in block.runs_of(norm, batch_size) if run.counts]
        if values:
            x = batch_size * dodge
            points.append((x, draw_runs(ax, x, values, style_of(norm), label_misses)))
    # The line breaks where the median is a miss.
    heights = [y if math.isfinite(y) else math.nan for _, y in points]
    ax.plot([x for x, _ in points], heights, linewidth=1.5, **line_of(norm))


def draw_panel(ax, sweep, block, clock):
    norms = [norm for norm in sweep.norms if any(run.norm == norm and run.counts for run in sweep.runs)]
    finite = [value for run in sweep.runs if run.counts and math.isfinite(value := run.to_target(clock))]
    set_batch_axis(ax, sweep.batch_sizes)
    set_measure_axis(ax, "y", finite or [1], headroom=MISS_LINE)
    draw_miss_strip(ax)
    label_misses = sweep.several_seeds and len(norms) * len(sweep.batch_sizes) <= 18
    for index, norm in enumerate(norms):
        # Side by side at one batch size, so that bars and misses stay apart.
        dodge = 2 ** (min(0.3, 0.75 / len(norms)) * (index - (len(norms) - 1) / 2))
        draw_norm(ax, sweep, block, norm, clock, dodge, label_misses)
    if not finite:
        ax.set_yticks([])
    ax.set_title(captions.panel_title(sweep, block), loc="left")
    ax.set_ylabel("seconds to target" if clock else "epochs to target")


def legend(plt, sweep):
    handles = norm_handles(plt, sweep)
    if sweep.several_seeds:
        handles.append(plt.Line2D([], [], color=GREY, linewidth=1.4, label="range over seeds"))
    handles.append(plt.Line2D([], [], color=GREY, marker="x", linewidth=0, markeredgewidth=1.8, label="not reached"))
    return handles


def draw(plt, sweep, clock=None):
    """Seconds, or epochs without a clock."""
    blocks = [block for block in sweep.blocks if block.counting()]
    if not blocks:
        return None
    title = f"{sweep.name}: {'training time' if clock else 'epochs'} to target against batch size"
    size = {"width": 4.2, "alone": 7.2, "height": 3.6}
    figure = Figure(plt, title, captions.heading(sweep), len(blocks), 3, **size)
    for ax, block in zip(figure.axes, blocks):
        draw_panel(ax, sweep, block, clock)
    note = "At each batch size the norms stand side by side."
    if sweep.several_seeds:
        note += " Markers are medians over seeds; a seed that misses the target counts as infinite."
    return figure.finish(legend(plt, sweep), [note, *captions.closing_notes(sweep, clock)])


FIGURES = {
    "epochs-to-target": lambda plt, sweep, _: draw(plt, sweep),
    "seconds-to-target": draw,
}

if __name__ == "__main__":
    command.main(FIGURES)
