"""Epochs to the target, or the best validation metric without one, against a setting such as the learning rate.

    python3 scripts/plots/against_setting.py results/learning-rates    # these alone, with the options of plot.py
"""

import math
import re
import statistics
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the folder that the package is in

from plots import captions, command
from plots.axes import set_measure_axis, set_value_axis
from plots.figure import Figure, norm_handles, panels_across
from plots.learning_curves import metric_of
from plots.style import GREY, line_of, metric_label, style_of
from plots.sweep import short_name
from plots.to_target import MISS_LINE, draw_miss_strip, draw_runs


def best_of(run, metric):
    """The best that the run had of the metric; infinite, or minus that, for one that diverged."""
    lower = metric["better"] == "lower"
    values = [value for _, value in run.curve(metric["name"])]
    if run.status == "diverged":
        return math.inf if lower else -math.inf
    return (min if lower else max)(values) if values else None


def values_at(runs, metric):
    """What is drawn of each run: epochs to the target, or without one (`metric` is given) its best value."""
    if metric is None:
        return [run.to_target() for run in runs if run.counts]
    ended = [run for run in runs if run.status in ("finished", "diverged", "reached_target", "missed_target")]
    return [value for run in ended if (value := best_of(run, metric)) is not None]


def draw_norm(ax, norm, block, batch_size, path, settings, metric, nudge, labels):
    points = []
    for setting in settings:
        runs = [run for run in block.runs_of(norm, batch_size) if run.settings.get(path) == setting]
        values = [abs(value) if math.isinf(value) else value for value in values_at(runs, metric)]
        if values:
            x = nudge(setting)
            points.append((x, draw_runs(ax, x, values, style_of(norm), labels)))
    heights = [y if math.isfinite(y) else math.nan for _, y in points]
    ax.plot([x for x, _ in points], heights, linewidth=1.6, **line_of(norm))


def nudge_of(ax, index, count, values):
    """Moves a norm's markers a little aside, so that those of several norms at one of the values stay apart."""
    shift = (index - (count - 1) / 2) * min(0.035, 0.5 / (count * values))
    if ax.get_xscale() == "log":
        low, high = ax.get_xlim()
        return lambda value: value * (high / low) ** shift
    width = ax.get_xlim()[1] - ax.get_xlim()[0]
    return lambda value: value + width * shift


def draw_panel(ax, sweep, panel, path, settings, metric, labels):
    block, batch_size = panel
    runs = [run for run in sweep.runs if metric is None or run.model == block.model]
    finite = [value for value in values_at(runs, metric) if math.isfinite(value)]
    set_value_axis(ax, settings, short_name(path))
    set_measure_axis(ax, "y", finite or [1], headroom=MISS_LINE, from_zero=metric is None)
    draw_miss_strip(ax, "not\nreached" if metric is None else "diverged")
    for index, norm in enumerate(sweep.norms):
        nudge = nudge_of(ax, index, len(sweep.norms), len(settings))
        draw_norm(ax, norm, block, batch_size, path, settings, metric, nudge, labels)
    ax.set_title(f"{captions.panel_title(sweep, block)}, batch size {batch_size}", loc="left")
    ax.set_ylabel("epochs to target" if metric is None else f"best validation {metric_label(metric)}")


def draw_setting(plt, sweep, path, settings):
    blocks = sweep.blocks_without([path])
    panels = [(block, size) for block in blocks for size in sweep.batch_sizes if block.runs_of_size(size)]
    metric = None if any(run.counts for run in sweep.runs) else metric_of(sweep.runs)
    if not any(map(math.isfinite, values_at(sweep.runs, metric))):
        return None
    what = "epochs to target" if metric is None else f"best validation {metric['name'].replace('_', ' ')}"
    title = f"{sweep.name}: {what} against {short_name(path)}"
    size = {"width": 4.0, "alone": 7, "height": 3.1}
    figure = Figure(plt, title, captions.heading(sweep), len(panels), panels_across(sweep), **size)
    labels = sweep.several_seeds and len(sweep.norms) * len(settings) * figure.columns <= 18
    for ax, panel in zip(figure.axes, panels):
        draw_panel(ax, sweep, panel, path, settings, metric, labels)
    handles = norm_handles(plt, sweep)
    if sweep.several_seeds:
        handles.append(plt.Line2D([], [], color=GREY, linewidth=1.4, label="range over seeds"))
    missing = "not reached" if metric is None else "diverged"
    handles.append(plt.Line2D([], [], color=GREY, marker="x", linewidth=0, markeredgewidth=1.8, label=missing))
    note = "Norms stand a little aside of each other at one value."
    if sweep.several_seeds:
        note += f" Markers are medians over seeds; one that {'misses' if metric is None else 'diverges'} is infinite."
    return figure.finish(handles, [note, *captions.closing_notes(sweep)])


def draw(plt, sweep, _clock):
    """A figure for each setting that is a number and varies."""
    figures = {}
    for path, settings in sweep.numeric_settings().items():
        if figure := draw_setting(plt, sweep, path, settings):
            figures["-" + re.sub(r"[^A-Za-z0-9.]+", "-", path)] = figure
    return figures


FIGURES = {"against": draw}

if __name__ == "__main__":
    command.main(FIGURES)
