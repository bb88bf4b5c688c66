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
from plots.axes import set_log_axis
from plots.figure import Figure, norm_handles
from plots.records import metrics_of
from plots.style import GREY, TARGET_LINE, metric_label, style_of


def metric_of(runs):
    """The validation metric that the curves show: the target's, or else the one that the task reports."""
    metrics = next((metrics_of(run.record) for run in runs if run.evaluations), [])
    for run in runs:
        match = re.match(r"validation\.(\w+)[<>]=", run.target)
        if named := [metric for metric in metrics if match and metric["name"] == match.group(1)]:
            return named[0]
    return metrics[-1] if metrics else {"name": "", "unit": "", "better": "lower"}


def target_value(sweep, model, metric):
    match = re.match(rf"validation\.{metric['name']}[<>]=(.+)", sweep.targets[model])
    return float(match.group(1)) if match else None


def time_unit(seconds):
    if seconds > 2 * 3600:
        return 3600, "hours"
    return (60, "minutes") if seconds > 600 else (1, "seconds")


def median_curve(curves, diverged, worst):
    """Medians at each evaluation for as long as every run goes on; a run that diverged goes on as `worst`."""
    going = [curve for curve, ended in zip(curves, diverged) if not ended]
    length = min(map(len, going), default=0)
    points = []
    for index in range(length):
        xs = [curve[index][0] for curve in curves if index < len(curve)]
        ys = [curve[index][1] if index < len(curve) else worst for curve in curves]
        y = statistics.median(ys)
        if not math.isfinite(y):
            break
        points.append((statistics.median(xs), y))
    return points


def draw_reached(ax, run, curve, colour):
    for evaluation, point in zip(run.evaluations, curve):
        if run.converged and abs(evaluation["epoch"] - run.epochs_to_target) < 1e-9:
            ax.plot(*point, "o", color=colour, markersize=4.5, markeredgecolor="white", markeredgewidth=0.6, zorder=5)


def draw_runs(ax, runs, metric, clock, scale, colour):
    runs = [run for run in runs if run.curve(metric["name"], clock)]
    curves = [[(x / scale, y) for x, y in run.curve(metric["name"], clock)] for run in runs]
    alone = len(curves) == 1
    for run, curve in zip(runs, curves):
        ax.plot(*zip(*curve), color=colour, linewidth=2 if alone else 0.8, alpha=1 if alone else 0.45)
        if len(curve) == 1:
            ax.plot(*curve[0], ".", color=colour)
        draw_reached(ax, run, curve, colour)
        if run.status == "diverged":
            ax.plot(*curve[-1], "x", color=colour, markersize=6, markeredgewidth=1.6, zorder=5)
    if len(curves) > 1:
        worst = math.inf if metric["better"] == "lower" else -math.inf
        middle = median_curve(curves, [run.status == "diverged" for run in runs], worst)
        if middle:
            ax.plot(*zip(*middle), color=colour, linewidth=2.2)


def curve_limits(sweep, model, metric):
    """Shared by the panels of a model. What is far above the rest (a run that blows up) is cut off."""
    values = sorted(y for run in sweep.runs if run.model == model for _, y in run.curve(metric["name"]) if y > 0)
    target = target_value(sweep, model, metric)
    if target is not None:
        values = sorted(values + [target])
    if not values:
        return None
    high = min(values[-1], 4 * values[int(0.9 * (len(values) - 1))])
    return values[0] / 1.04, max(high, values[0] * 1.05) * 1.04


def draw_panel(ax, sweep, model, batch_size, clock):
    metric = metric_of([run for run in sweep.runs if run.model == model])
    cells = {norm: sweep.runs_of(model, norm, batch_size) for norm in sweep.norms}
    points = [point for cell in cells.values() for run in cell for point in run.curve(metric["name"], clock)]
    scale, unit = time_unit(max((x for x, _ in points), default=1)) if clock else (1, "")
    for norm, cell in cells.items():
        draw_runs(ax, cell, metric, clock, scale, style_of(norm)[0])
    if limits := curve_limits(sweep, model, metric):
        set_log_axis(ax, "y", *limits)
    target = target_value(sweep, model, metric)
    if target is not None:
        ax.axhline(target, zorder=1.5, **TARGET_LINE)
    ax.set_xlim(left=0)
    ax.set_title(f"{model}, batch size {batch_size}", loc="left")
    ax.set_xlabel(f"training time ({unit})" if clock else "epoch")
    ax.set_ylabel(f"validation {metric_label(metric)}")


def legend(plt, sweep):
    handles = norm_handles(plt, sweep, marker=False)
    if sweep.several_seeds:
        handles.append(plt.Line2D([], [], color=GREY, linewidth=0.8, label="one seed"))
        handles.append(plt.Line2D([], [], color=GREY, linewidth=2.2, label="median of seeds"))
    if any(sweep.targets.values()):
        handles.append(plt.Line2D([], [], label="target", **TARGET_LINE))
    if any(run.converged for run in sweep.runs):
        handles.append(plt.Line2D([], [], color=GREY, marker="o", linewidth=0, markersize=4.5, label="target reached"))
    if any(run.status == "diverged" for run in sweep.runs):
        style = {"marker": "x", "linewidth": 0, "markeredgewidth": 1.6}
        handles.append(plt.Line2D([], [], color=GREY, label="diverged", **style))
    return handles


def draw(plt, sweep, clock=None):
    """By training time, or by epoch without a clock."""
    panels = [
        (model, batch_size)
        for model in sweep.models
        for batch_size in sweep.batch_sizes
        if any(run.evaluations for norm in sweep.norms for run in sweep.runs_of(model, norm, batch_size))
    ]
    if not panels:
        return None
    title = f"{sweep.name}: learning curves by {'training time' if clock else 'epoch'}"
    # A row a model, unless there are so many batch sizes, or so few panels, that lines are better broken.
    widest = len(sweep.batch_sizes) if len(sweep.batch_sizes) <= 4 else 3
    size = {"width": 4.0, "alone": 7, "height": 2.9}
    figure = Figure(plt, title, captions.heading(sweep), len(panels), widest, **size)
    for ax, (model, batch_size) in zip(figure.axes, panels):
        draw_panel(ax, sweep, model, batch_size, clock)
    return figure.finish(legend(plt, sweep), captions.closing_notes(sweep, clock))


FIGURES = {
    "learning-curves-by-epoch": lambda plt, sweep, _: draw(plt, sweep),
    "learning-curves-by-time": draw,
}

if __name__ == "__main__":
    command.main(FIGURES)
