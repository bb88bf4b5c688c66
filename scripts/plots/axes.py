"""Axes with round numbers where values differ little and where they differ much."""

import math


def plain(value):
    return f"{value:.10g}" if 1e-4 <= abs(value) < 1e6 or value == 0 else f"{value:.1e}".replace(".0e", "e")


def nice_ticks(low, high, limit=6):
    """Round numbers on a logarithmic axis from low to high."""
    for steps in ((1, 1.5, 2, 3, 4, 5, 7), (1, 2, 3, 5), (1, 2, 5), (1, 3), (1,)):
        decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        ticks = [s * 10.0**d for d in decades for s in steps if low <= s * 10.0**d <= high]
        if len(ticks) <= limit:
            break
    return ticks


def set_ticks(axis, ticks):
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))


def set_log_axis(ax, axis, low, high):
    from matplotlib.ticker import MaxNLocator

    ticks = nice_ticks(low, high)
    if len(ticks) < 3:
        ticks = [tick for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high]
    (ax.set_xscale if axis == "x" else ax.set_yscale)("log")
    (ax.set_xlim if axis == "x" else ax.set_ylim)(low, high)
    set_ticks(ax.xaxis if axis == "x" else ax.yaxis, ticks)


def set_measure_axis(ax, axis, values, headroom=1.0, from_zero=True):
    """Linear, or logarithmic where values span more than a factor of three. `headroom` is the fraction of the axis
    that values may take."""
    low, high = min(values), max(values)
    if low > 0 and high / low > 3:
        bottom = low / 1.2
        set_log_axis(ax, axis, bottom, bottom * (high * 1.12 / bottom) ** (1 / headroom))
        return
    margin = 0.12 * (high - low) or 0.1 * high
    start = 0 if from_zero else max(0, low - margin)
    (ax.set_xlim if axis == "x" else ax.set_ylim)(start, start + (high + margin - start) / headroom)


def set_progress_axis(ax, ends, first):
    """For panels that share how far runs have come: from 0, or logarithmic from `first`, where something was seen
    first, if the panels' ends differ so much that the shortest would be hard to see."""
    if min(ends) > 0 and first > 0 and max(ends) / min(ends) > 4:
        set_log_axis(ax, "x", first / 1.1, max(ends) * 1.1)
    else:
        ax.set_xlim(0, max(ends) * 1.03)


def set_value_axis(ax, values, name):
    """For the values of a setting: logarithmic where they span more than a factor of three."""
    if values[0] > 0 and values[-1] / values[0] > 3:
        set_log_axis(ax, "x", values[0] / 1.5, values[-1] * 1.5)
    else:
        room = 0.08 * (values[-1] - values[0]) or 1
        ax.set_xlim(values[0] - room, values[-1] + room)
    if len(values) <= 6:
        set_ticks(ax.xaxis, values)
    ax.set_xlabel(name)


def set_batch_axis(ax, sizes):
    ax.set_xscale("log", base=2)
    set_ticks(ax.xaxis, sizes)
    room = 2**0.75
    ax.set_xlim(sizes[0] / room, sizes[-1] * room)
    ax.set_xlabel("batch size")


def name_scales(ax):
    """Says behind what an axis shows that it is logarithmic."""
    for scale, label, put in (
        (ax.get_xscale(), ax.get_xlabel(), ax.set_xlabel),
        (ax.get_yscale(), ax.get_ylabel(), ax.set_ylabel),
    ):
        if scale == "log" and label:
            put(f"{label}, log scale")
