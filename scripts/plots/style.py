"""Colours, markers, fonts and sizes: the same in every figure."""

# One colour and one marker for each norm, the same in every figure: the colours of Okabe and Ito, which stay
# apart for people with any of the common kinds of colour blindness.
NORM_STYLES = {
    "none": ("#4d4d4d", "o"),
    "batch": ("#d55e00", "s"),
    "layer": ("#0072b2", "^"),
    "rms": ("#56b4e9", "v"),
    "group": ("#009e73", "D"),
    "instance": ("#cc79a7", "P"),
    "weight": ("#e69f00", "p"),
    "dyt": ("#882255", "X"),
}
UNKNOWN_NORM = ("#000000", "p")
BATCH_MARKERS = "os^DvPX*hd<>p8"
GREY = "#777777"  # of legend entries that stand for every norm
TEXT_GREY = "#444444"  # of the lines around the panels
STRIP_GREY = "#f1f1f1"  # behind targets that were not reached
TARGET_LINE = {"color": "#222222", "linewidth": 1, "linestyle": (0, (4, 3))}
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
    "svg.hashsalt": "normlab",
}


def style_of(norm):
    return NORM_STYLES.get(norm, UNKNOWN_NORM)


def metric_label(metric):
    """With the unit, unless it is a mere fraction, or the name says it: "loss (nats)", "error"."""
    name, unit = metric["name"].replace("_", " "), metric["unit"]
    return name if unit in ("", "fraction") or name.startswith(unit) else f"{name} ({unit})"


def norm_label(norm):
    return "no norm" if norm == "none" else f"{norm} norm"
