"""Axes with round numbers where values differ little and where they differ much."""

import math


def plain(value):
    return f"{value:.10g}" if abs(value) < 1e6 else f"{value:.1e}"


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


def set_batch_axis(ax, sizes):
    ax.set_xscale("log", base=2)
    set_ticks(ax.xaxis, sizes)
    room = 2**0.75
    ax.set_xlim(sizes[0] / room, sizes[-1] * room)
    ax.set_xlabel("batch size")
