"""How the epochs to a target depend on its threshold, and on how long it has to hold.

    python3 scripts/plots/thresholds.py results/quick    # this alone, with the options of plot.py
"""

import math
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the folder that the package is in

from plots import captions, command
from plots.axes import set_log_axis, set_measure_axis
from plots.figure import Figure, norm_handles, panels_across
from plots.learning_curves import metric_of, target_value
from plots.style import GREY, TARGET_LINE, line_of, metric_label
from plots.survival import median_time

COUNT = 60  # of thresholds
HOLDS = {1: 2.2, 3: 0.9}  # evaluations in a row, and how wide their line is


def event_of(curve, threshold, hold, lower, diverged):
    """(epoch, whether the event was seen then) as of a target "metric <= threshold for hold": the first of so many
    evaluations in a row; censored at the last that does not belong to a row that the end cut short."""
    row = 0
    for index, (_, value) in enumerate(curve):
        row = row + 1 if (value <= threshold if lower else value >= threshold) else 0
        if row == hold:
            return curve[index - hold + 1][0], True
    if diverged:
        return math.inf, False
    before = len(curve) - 1 - row
    return (curve[before][0] if before >= 0 else 0), False


def thresholds_of(curves, lower, target):
    """From what the first evaluations reach to the best of all, more finely spaced where values are small."""
    starts = sorted(curve[0][1] for curve in curves)
    values = [value for curve in curves for _, value in curve if value > 0]
    if not values:  # a logarithmic axis has no place for any of them
        return []
    easy, hard = starts[len(starts) // 2], (min(values) if lower else max(values))
    if target is not None and target > 0:
        easy = max(easy, 1.3 * target) if lower else min(easy, target / 1.3)
        hard = min(hard, target) if lower else max(hard, target)
    if easy <= 0 or hard <= 0 or easy == hard:
        return []
    return [easy * (hard / easy) ** (step / (COUNT - 1)) for step in range(COUNT)]


def panel_lines(sweep, block, batch_size, metric, thresholds):
    """{(norm, hold): [(threshold, median epochs)]}, where a median is infinite for none."""
    lower, lines = metric["better"] == "lower", {}
    for norm in sweep.norms:
        runs = [run for run in block.runs_of(norm, batch_size) if run.ended]
        runs = [run for run in runs if run.status == "diverged" or run.curve(metric["name"])]
        for hold in HOLDS if runs else ():
            points = []
            for threshold in thresholds:
                events = [
                    event_of(run.curve(metric["name"]), threshold, hold, lower, run.status == "diverged")
                    for run in runs
                ]
                points.append((threshold, median_time(events)))
            lines[norm, hold] = points
    return lines


def draw_panel(ax, sweep, panel, lines, metric, limits):
    block, batch_size = panel
    thresholds, epochs = limits
    set_log_axis(ax, "x", min(thresholds) / 1.02, max(thresholds) * 1.02)
    if metric["better"] == "lower":
        ax.invert_xaxis()
    set_measure_axis(ax, "y", epochs)
    for (norm, hold), points in lines.items():
        heights = [y if math.isfinite(y) else math.nan for _, y in points]
        ax.plot([x for x, _ in points], heights, linewidth=HOLDS[hold], **line_of(norm))
    if (target := target_value(block, metric)) is not None:
        ax.axvline(target, zorder=1.5, **TARGET_LINE)
    ax.set_title(f"{block.name}, batch size {batch_size}", loc="left")
    ax.set_xlabel(f"threshold of validation {metric_label(metric)}")
    ax.set_ylabel("median epochs to it")


def draw_model(plt, sweep, model):
    """The models have scales, and may have metrics, of their own."""
    panels = sweep.panels(lambda run: run.model == model)
    runs = [run for run in sweep.runs if run.model == model]
    metric = metric_of(runs)
    curves = [curve for run in runs if (curve := run.curve(metric["name"]))]
    if not curves:
        return None
    targets = (target_value(block, metric) for block, _ in panels)
    target = next((value for value in targets if value is not None), None)
    thresholds = thresholds_of(curves, metric["better"] == "lower", target)
    lines = [panel_lines(sweep, block, size, metric, thresholds) for block, size in panels]
    epochs = [y for panel in lines for points in panel.values() for _, y in points if 0 < y < math.inf]
    if not epochs:
        return None
    title = f"{sweep.name}: {model}, how the epochs to a target depend on its threshold"
    size = {"width": 4.0, "alone": 7, "height": 2.9}
    figure = Figure(plt, title, captions.heading(sweep), len(panels), panels_across(sweep), **size)
    for ax, panel, drawn in zip(figure.axes, panels, lines):
        draw_panel(ax, sweep, panel, drawn, metric, (thresholds, epochs))
    handles = norm_handles(plt, sweep, marker=False)
    for hold, width in HOLDS.items():
        label = "reached once" if hold == 1 else f"held for {hold} evaluations"
        handles.append(plt.Line2D([], [], color=GREY, linewidth=width, label=label))
    if target is not None:
        handles.append(plt.Line2D([], [], label="the sweep's target", **TARGET_LINE))
    note = (
        "To the right, the target is harder. Medians are Kaplan and Meier's over seeds; a line ends where fewer than half"
        " of them are seen to reach the threshold. Runs that stopped at the target say nothing of harder ones."
    )
    return figure.finish(handles, [note, *captions.closing_notes(sweep)])


def draw(plt, sweep, _clock):
    figures = {model: draw_model(plt, sweep, model) for model in sweep.models}
    alone = len(figures) == 1
    return {"" if alone else f"-{model}": figure for model, figure in figures.items() if figure} or None


FIGURES = {"thresholds": draw}

if __name__ == "__main__":
    command.main(FIGURES)
