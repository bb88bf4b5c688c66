"""The share of seeds that have reached the target, by epoch: Kaplan and Meier's curves.

    python3 scripts/plots/kaplan_meier.py results/quick    # this alone, with the options of plot.py
"""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[1])  # the folder that the package is in

from plots import captions, command
from plots.axes import set_progress_axis
from plots.figure import Figure, norm_handles, panels_across
from plots.style import GREY, line_of, style_of
from plots.survival import kaplan_meier


def draw_norm(ax, norm, observations, end):
    points = kaplan_meier(observations)
    last = max(time for time, _ in observations)
    times = [time for time, _ in points] + [last]
    reached = [1 - share for _, share in points] + [1 - points[-1][1]]
    ax.step(times, reached, where="post", linewidth=2, **line_of(norm))
    for time, seen in observations:
        if not seen:
            height = next(1 - share for at, share in reversed(points) if at <= time)
            style = {"marker": "|", "markersize": 8, "markeredgewidth": 1.8}
            ax.plot(time, height, color=style_of(norm).colour, zorder=4, **style)
    if points[-1][1] <= 0 and last < end:  # all have reached it: nothing more can happen
        ax.plot([last, end], [1, 1], linewidth=0.8, alpha=0.5, **line_of(norm))


def draw_panel(ax, sweep, panel, panels):
    block, batch_size = panel
    shared = [run for other, size in panels for run in other.runs_of_size(size) if run.counts]
    end = max(run.last_epoch for run in shared)
    ends = [max(run.last_epoch for run in other.runs_of_size(size) if run.counts) for other, size in panels]
    set_progress_axis(ax, ends, min(run.evaluations[0]["epoch"] for run in shared if run.evaluations))
    ax.set_ylim(-0.03, 1.03)
    for norm in sweep.norms:
        runs = [run for run in block.runs_of(norm, batch_size) if run.counts]
        if runs:
            draw_norm(ax, norm, [run.observation(end) for run in runs], end)
    ax.set_title(f"{captions.panel_title(sweep, block)}, batch size {batch_size}", loc="left")
    ax.set_xlabel("epoch")
    ax.set_ylabel("share that reached the target")


def draw(plt, sweep, _clock):
    panels = sweep.panels(lambda run: run.counts and run.evaluations)
    if not panels:
        return None
    title = f"{sweep.name}: share of seeds that reached the target"
    size = {"width": 4.0, "alone": 7, "height": 2.7}
    figure = Figure(plt, title, captions.heading(sweep), len(panels), panels_across(sweep), **size)
    for ax, panel in zip(figure.axes, panels):
        draw_panel(ax, sweep, panel, panels)
    mark = {"color": GREY, "marker": "|", "linewidth": 0, "markersize": 8, "markeredgewidth": 1.8}
    handles = norm_handles(plt, sweep, marker=False) + [plt.Line2D([], [], label="not followed further", **mark)]
    note = (
        "One minus Kaplan and Meier's estimate, stepping at the first evaluation at which the target held. A seed that"
        " diverged never reaches it; one that is not followed further counts up to there."
    )
    return figure.finish(handles, [note, *captions.closing_notes(sweep)])


FIGURES = {"kaplan-meier": draw}

if __name__ == "__main__":
    command.main(FIGURES)
