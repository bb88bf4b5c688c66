"""Colours, dashes, markers, fonts and sizes: the same in every figure."""

from typing import NamedTuple


class Style(NamedTuple):
    colour: str
    marker: str
    dash: object  # as matplotlib has it: "-", or (offset, (on, off, …)) in widths of the line


# One colour, one marker and one kind of dash for each norm, the same in every figure. The colours are those of Okabe
# and Ito, which stay apart for people with any of the common kinds of colour blindness; what is near to another in
# grey differs in its dashes.
NORM_STYLES = {
    "none": ("#2f2f2f", "o", (0, (1.1, 1.1))),
    "batch": ("#d55e00", "s", (0, (4.5, 1.6))),
    "layer": ("#0072b2", "^", "-"),
    "rms": ("#56b4e9", "v", (0, (7, 1.4, 1.2, 1.4))),
    "group": ("#009e73", "D", (0, (9, 2.2))),
    "instance": ("#cc79a7", "P", (0, (2.6, 1.2))),
    "weight": ("#e69f00", "p", (0, (4, 1.2, 1.2, 1.2, 1.2, 1.2))),
    "dyt": ("#882255", "X", (0, (1.1, 2.6))),
}
UNKNOWN_NORM = ("#000000", "*", (0, (6, 3, 2, 3)))
GREY = "#777777"  # of legend entries that stand for every norm
TEXT_GREY = "#444444"  # of the lines around the panels
STRIP_GREY = "#f1f1f1"  # behind targets that were not reached
TARGET_LINE = {"color": "#222222", "linewidth": 1, "linestyle": (0, (1, 3))}
TITLE_SIZE, HEADING_SIZE, NOTE_SIZE, COUNT_SIZE = 13, 9, 8, 7  # of text, in points
RC_PARAMS = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "axes.axisbelow": True,
    "legend.frameon": False,
    "legend.handlelength": 3.2,
    "svg.hashsalt": "normlab",
}


def style_of(norm):
    return Style(*NORM_STYLES.get(norm, UNKNOWN_NORM))


def line_of(norm):
    """What plot() draws a norm's lines with."""
    style = style_of(norm)
    return {"color": style.colour, "linestyle": style.dash}


def metric_label(metric):
    """With the unit, unless it is a mere fraction, or the name says it: "loss (nats)", "error"."""
    name, unit = metric["name"].replace("_", " "), metric["unit"]
    return name if unit in ("", "fraction") or name.startswith(unit) else f"{name} ({unit})"


def norm_label(norm):
    return "no norm" if norm == "none" else f"{norm} norm"
