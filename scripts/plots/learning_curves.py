"""The validation metric of each model and batch size by epoch and by training time.

    python3 scripts/plots/learning_curves.py results/quick    # these alone, with the options of plot.py
"""

import math
import re
import statistics
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the folder that the package is in

from plots import captions, command
from plots.axes import set_log_axis, set_progress_axis
from plots.figure import Figure, norm_handles, panels_across
from plots.records import metrics_of
from plots.style import GREY, TARGET_LINE, line_of, metric_label, style_of

THICK, HALF, THIN = 2.4, 1.3, 0.7  # of the median of all seeds, of it where some have stopped, and of a seed


def metric_of(runs):
    """The validation metric that the curves show: the target's, or else the one that the task reports."""
    metrics = next((metrics_of(run.record) for run in runs if run.evaluations), [])
    for run in runs:
        match = re.match(r"validation\.(\w+)[<>]=", run.target)
        if named := [metric for metric in metrics if match and metric["name"] == match.group(1)]:
            return named[0]
    return metrics[-1] if metrics else {"name": "", "unit": "", "better": "lower"}


def target_value(block, metric):
    match = re.match(rf"validation\.{metric['name']}[<>]=(\S+)", block.target)
    return float(match.group(1)) if match else None


def time_unit(seconds):
    if seconds > 2 * 3600:
        return 3600, "hours"
    return (60, "minutes") if seconds > 600 else (1, "seconds")


def median_curve(curves, diverged, worst):
    """Medians over all seeds at each evaluation. One that has stopped counts with its last value, one that diverged
    with `worst`. Ends where fewer than half go on, or the median is none. Returns the points, and how many of them
    are of seeds that all go on."""
    length = max((len(curve) for curve, ended in zip(curves, diverged) if not ended), default=0)
    points, whole = [], 0
    for index in range(length):
        going = [curve[index] for curve in curves if index < len(curve)]
        gone = sum(ended and index >= len(curve) for curve, ended in zip(curves, diverged))
        if 2 * (len(going) + gone) < len(curves):
            break
        stopped = [worst if ended else curve[-1][1] for curve, ended in zip(curves, diverged) if index >= len(curve)]
        y = statistics.median([y for _, y in going] + stopped)
        if not math.isfinite(y):
            break
        points.append((statistics.median(x for x, _ in going), y))
        if all(index < len(curve) or ended for curve, ended in zip(curves, diverged)):
            whole = len(points)
    return points, whole


def draw_reached(ax, run, curve, colour):
    for evaluation, point in zip(run.evaluations, curve):
        if run.converged and abs(evaluation["epoch"] - run.epochs_to_target) < 1e-9:
            ax.plot(*point, "o", color=colour, markersize=4.5, markeredgecolor="white", markeredgewidth=0.6, zorder=5)


def draw_median(ax, norm, curves, diverged, metric):
    worst = math.inf if metric["better"] == "lower" else -math.inf
    points, whole = median_curve(curves, diverged, worst)
    if points[:whole]:
        ax.plot(*zip(*points[:whole]), linewidth=THICK, **line_of(norm))
    if len(points) > whole:
        ax.plot(*zip(*points[max(whole - 1, 0) :]), linewidth=HALF, **line_of(norm))


def draw_runs(ax, norm, runs, metric, clock, scale):
    curves = {run: [(x / scale, y) for x, y in run.curve(metric["name"], clock)] for run in runs}
    drawn = {run: curve for run, curve in curves.items() if curve}
    # One that diverged before its first evaluation has no line, and is worse than any.
    counted = [run for run in runs if run.ended and (curves[run] or run.status == "diverged")]
    alone, colour = len(drawn) == 1 and len(counted) <= 1, style_of(norm).colour
    for run, curve in drawn.items():
        line = line_of(norm) | ({"linewidth": THICK} if alone else {"linewidth": THIN, "linestyle": "-", "alpha": 0.4})
        ax.plot(*zip(*curve), **line)
        if len(curve) == 1:
            ax.plot(*curve[0], ".", color=colour)
        draw_reached(ax, run, curve, colour)
        if run.status == "diverged":
            ax.plot(*curve[-1], "x", color=colour, markersize=6, markeredgewidth=1.6, zorder=5)
    if len(counted) > 1:
        diverged = [run.status == "diverged" for run in counted]
        draw_median(ax, norm, [curves[run] for run in counted], diverged, metric)


def curve_limits(blocks, metric):
    """Shared by the panels of a model. What is far above the rest (a run that blows up) is cut off."""
    runs = [run for block in blocks for run in block.runs]
    values = [y for run in runs for _, y in run.curve(metric["name"]) if y > 0]
    values = sorted(values + [target for block in blocks if (target := target_value(block, metric)) is not None])
    if not values:
        return None
    high = min(values[-1], 4 * values[int(0.9 * (len(values) - 1))])
    return values[0] / 1.04, max(high, values[0] * 1.05) * 1.04


def set_axes(ax, panels, metric, clock):
    """The same for all panels of a model. Returns the number of seconds in the unit of time."""
    curves = [[run.curve(metric["name"], clock) for run in block.runs_of_size(size)] for block, size in panels]
    curves = [[curve for curve in found if curve] for found in curves]
    ends = [max(curve[-1][0] for curve in found) for found in curves if found]
    scale, unit = time_unit(max(ends, default=1)) if clock else (1, "")
    if ends:
        first = min(curve[0][0] for found in curves for curve in found)
        set_progress_axis(ax, [end / scale for end in ends], first / scale)
    if limits := curve_limits([block for block, _ in panels], metric):
        set_log_axis(ax, "y", *limits)
    ax.set_xlabel(f"training time ({unit})" if clock else "epoch")
    ax.set_ylabel(f"validation {metric_label(metric)}")
    return scale


def draw_panel(ax, sweep, panel, panels, clock):
    block, batch_size = panel
    metric = metric_of([run for run in sweep.runs if run.model == block.model])
    scale = set_axes(ax, [other for other in panels if other[0].model == block.model], metric, clock)
    for norm in sweep.norms:
        draw_runs(ax, norm, block.runs_of(norm, batch_size), metric, clock, scale)
    target = target_value(block, metric)
    if target is not None:
        ax.axhline(target, zorder=1.5, **TARGET_LINE)
    ax.set_title(f"{block.name}, batch size {batch_size}", loc="left")


def some_stop_early(sweep):
    """Whether some seeds of a group train for longer than others."""
    groups = [block.runs_of(norm, size) for block in sweep.blocks for norm in sweep.norms for size in sweep.batch_sizes]
    return any(len({len(run.evaluations) for run in runs if run.evaluations}) > 1 for runs in groups)


def legend(plt, sweep):
    handles = norm_handles(plt, sweep, marker=False)
    if sweep.several_seeds:
        handles.append(plt.Line2D([], [], color=GREY, linewidth=THIN, label="one seed"))
        handles.append(plt.Line2D([], [], color=GREY, linewidth=THICK, label="median of seeds"))
        if some_stop_early(sweep):
            handles.append(plt.Line2D([], [], color=GREY, linewidth=HALF, label="some have stopped"))
    if any(sweep.targets):
        handles.append(plt.Line2D([], [], label="target", **TARGET_LINE))
    if any(run.converged for run in sweep.runs):
        handles.append(plt.Line2D([], [], color=GREY, marker="o", linewidth=0, markersize=4.5, label="target reached"))
    if any(run.status == "diverged" for run in sweep.runs):
        style = {"marker": "x", "linewidth": 0, "markeredgewidth": 1.6}
        handles.append(plt.Line2D([], [], color=GREY, label="diverged", **style))
    return handles


def draw(plt, sweep, clock=None):
    """By training time, or by epoch without a clock."""
    panels = sweep.panels(lambda run: run.evaluations)
    if not panels:
        return None
    title = f"{sweep.name}: learning curves by {'training time' if clock else 'epoch'}"
    size = {"width": 4.0, "alone": 7, "height": 2.9}
    figure = Figure(plt, title, captions.heading(sweep), len(panels), panels_across(sweep), **size)
    for ax, panel in zip(figure.axes, panels):
        draw_panel(ax, sweep, panel, panels, clock)
    notes = []
    if some_stop_early(sweep):
        notes = [
            "Where some seeds have stopped, the median goes on, thinner, for as long as half of them train: a seed that"
            " has stopped counts with its last value, one that diverged as worse than any."
        ]
    return figure.finish(legend(plt, sweep), notes + captions.closing_notes(sweep, clock))


FIGURES = {
    "learning-curves-by-epoch": lambda plt, sweep, _: draw(plt, sweep),
    "learning-curves-by-time": draw,
}

if __name__ == "__main__":
    command.main(FIGURES)
