"""What every figure is: panels below a heading and above a legend and notes."""

import math
import textwrap

from plots.axes import name_scales
from plots.png import save_png
from plots.style import HEADING_SIZE, NOTE_SIZE, TEXT_GREY, TITLE_SIZE, line_of, norm_label, style_of

CHARACTERS_PER_INCH = 15.5  # of text in the heading and the notes


def read_across(handles, columns):
    """The order in which a legend, which fills its columns one after the other, reads row by row."""
    return [handle for column in range(columns) for handle in handles[column::columns]]


def panels_across(sweep):
    """How many panels stand in a row where there is one for each block and batch size: a row a block, unless there
    are so many batch sizes, or so few, that rows are better filled up."""
    sizes = len(sweep.batch_sizes)
    if sizes > 4:
        return 3
    return sizes if sizes > 1 else 2 if len(sweep.blocks) <= 4 else 3


def norm_handles(plt, sweep, marker=True):
    handles = []
    for norm in sweep.shown_norms():
        style = {"linewidth": 2.2, "marker": style_of(norm).marker if marker else "", "markersize": 6}
        handles.append(plt.Line2D([], [], label=norm_label(norm), **line_of(norm), **style))
    return handles


class Figure:
    """A grid of `count` panels, at most `widest` in a row, laid out in inches. One column is `alone` wide."""

    def __init__(self, plt, title, heading, count, widest, width, alone, height):
        self.plt, self.title = plt, title
        self.columns = columns = min(count, widest)
        rows = math.ceil(count / columns)
        self.width = max(columns * (width if columns > 1 else alone) + 0.3, 7.2)
        self.heading = self.wrapped(heading)
        self.top = 0.52 + 0.18 * len(self.heading)
        self.body = rows * height
        # The height of what stands below the panels is known only when the legend is; the panels come first.
        self.figure, axes = plt.subplots(rows, columns, squeeze=False, figsize=(self.width, self.top + self.body))
        self.axes = list(axes.flat)[:count]
        for ax in list(axes.flat)[count:]:
            ax.set_visible(False)

    def wrapped(self, texts):
        characters = int(self.width * CHARACTERS_PER_INCH)
        return [line for text in texts for line in textwrap.wrap(text, characters)]

    def finish(self, handles, notes):
        """Adds what stands around the panels, when they are drawn."""
        self.label_outer_axes()
        columns = max(1, min(len(handles), int(self.width / 1.6)))
        legend_rows = math.ceil(len(handles) / columns)
        lines = self.wrapped(notes)
        bottom = 0.14 + 0.22 * legend_rows + 0.17 * len(lines)
        height = self.top + self.body + bottom
        self.figure.set_size_inches(self.width, height)
        self.write(height, lines)
        self.figure.legend(
            handles=read_across(handles, columns),
            loc="lower center",
            bbox_to_anchor=(0.5, (0.05 + 0.17 * len(lines)) / height),
            ncol=columns,
            columnspacing=1.4,
            handletextpad=0.5,
            borderaxespad=0,
        )
        self.figure.tight_layout(rect=(0, bottom / height, 1, 1 - self.top / height), w_pad=1.5, h_pad=1.2)
        return self

    def label_outer_axes(self):
        """Names the scales, on the left of each row and below each column: panels share their axes."""
        for index, ax in enumerate(self.axes):
            name_scales(ax)
            if index % self.columns:
                ax.set_ylabel("")
            if index + self.columns < len(self.axes):
                ax.set_xlabel("")

    def write(self, height, notes):
        left = 0.15 / self.width
        self.figure.text(left, 1 - 0.12 / height, self.title, fontsize=TITLE_SIZE, fontweight="bold", va="top")
        for index, line in enumerate(self.heading):
            y = 1 - (0.40 + 0.18 * index) / height
            self.figure.text(left, y, line, fontsize=HEADING_SIZE, color=TEXT_GREY, va="top")
        for index, line in enumerate(reversed(notes)):
            y = (0.07 + 0.17 * index) / height
            self.figure.text(left, y, line, fontsize=NOTE_SIZE, color=TEXT_GREY, va="bottom")

    def save(self, path, svg):
        save_png(self.figure, path)
        if svg:
            self.figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        self.plt.close(self.figure)
