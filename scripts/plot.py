#!/usr/bin/env python3
"""Draws the figures of a sweep from its run records (docs/results-format.md).

    scripts/plot.py results/quick              # writes results/quick/plots/*.png
    scripts/plot.py results/quick -o figures --svg

Figures: learning curves by epoch and by training time, epochs and seconds to the target against the batch
size, and epochs against seconds. Needs matplotlib (Debian and Ubuntu: python3-matplotlib); where the Python that
runs this has none, the system's own is tried.
"""

import argparse
import io
import json
import math
import os
import re
import statistics
import sys
import textwrap
from pathlib import Path

SCHEMAS = ("normlab.run/2", "normlab.run/1")
STATUSES = ("reached_target", "missed_target", "finished", "diverged", "undefined", "failed", "interrupted")
SYSTEM_PYTHON = "/usr/bin/python3"

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
}
BATCH_MARKERS = "os^DvPX*hd<>p8"
GREY = "#777777"
METRIC_LABELS = {
    "error": "error",
    "loss": "loss (nats)",
    "bits_per_character": "bits per character",
    "bits_per_byte": "bits per byte",
}


def fail(message):
    print(f"plot.py: {message}", file=sys.stderr)
    sys.exit(2)


# ---- records


def value_at(record, path, otherwise=None):
    """The value at a dotted path; `otherwise` when there is none."""
    for key in path.split("."):
        if not isinstance(record, dict) or record.get(key) is None:
            return otherwise
        record = record[key]
    return record


def number_at(record, path):
    value = value_at(record, path)
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) else None


def is_median_doubtful(record):
    """Whether something else had the core during most steps (docs/results-format.md)."""
    seconds = number_at(record, "training_clock.seconds") or 0
    steps = number_at(record, "training_clock.steps") or 0
    cpu_seconds = number_at(record, "training_clock.cpu_seconds") or 0
    shortest = min(seconds, steps * (number_at(record, "step_seconds.median") or 0))
    return seconds >= 0.2 and shortest > 1.2 * cpu_seconds


class Run:
    """One record, and what the figures need of it."""

    def __init__(self, record):
        self.record = record
        self.model = record["config"]["model"]["name"]
        self.norm = record["config"]["norm"]["name"]
        self.batch_size = int(record["config"]["batch_size"])
        self.seed = record["config"]["seed"]
        self.status = record["status"]
        self.target = value_at(record, "config.target", "")
        self.evaluations = [e for e in value_at(record, "evaluations", []) if isinstance(e, dict)]
        self.doubtful_times = bool(value_at(record, "time_warnings", []))
        self.doubtful_median = is_median_doubtful(record)
        self.converged = number_at(record, "convergence.epochs") is not None

    @property
    def counts(self):
        """Whether the run tells something about reaching the target."""
        return bool(self.target) and (
            self.status in ("reached_target", "missed_target", "diverged", "finished")
        )

    def to_target(self, quantity):
        """Epochs or seconds to the target; infinite for a miss."""
        value = number_at(self.record, f"convergence.{quantity}") if self.converged else None
        return math.inf if value is None else value


class WrittenFloat(float):
    """A number that remembers its digits, which a record's id is a hash of."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def load_json(path):
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text, parse_float=WrittenFloat, parse_constant=refuse_constant)
    except (OSError, ValueError, RecursionError):
        return None


def written(value):
    """JSON as normlab hashes it: sorted keys, no blanks, numbers with the digits that they have in the file."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode())
        return "{" + ",".join(f"{written(key)}:{written(member)}" for key, member in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return value.text if isinstance(value, WrittenFloat) else json.dumps(value, ensure_ascii=False)


def id_of_config(config):
    value = 0xCBF29CE484222325  # FNV-1a, 64 bits
    for byte in written(config).encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    setting = {key: value_at(config, key) for key in ("model.name", "norm.name", "batch_size", "seed")}
    model, norm, batch_size, seed = setting.values()
    return f"{model}-{norm}-b{batch_size}-s{seed}-{(value ^ value >> 32) % 2**32:08x}"


def lacking(record):
    """The first field that the record's status rests on and that is absent or of a wrong kind; "" when none is."""
    status = value_at(record, "status")
    texts = {"undefined": ["reason"], "failed": ["cause"]}.get(status, [])
    numbers = ["diverged_step"] if status == "diverged" else []
    if status == "reached_target":
        numbers = ["convergence.epochs", "convergence.steps"]
    if status in ("reached_target", "missed_target", "finished"):
        numbers = numbers + ["step_seconds.count", "step_seconds.median", "test.loss", "test.error"]
        if not value_at(record, "evaluations"):
            return "evaluations"
    for path in ["status", "id", "config.model.name", "config.norm.name", *texts]:
        if not isinstance(value_at(record, path), str):
            return path
    for path in ["config.batch_size", "config.seed", *numbers]:
        if number_at(record, path) is None:
            return path
    evaluations = value_at(record, "evaluations", [])
    if not isinstance(evaluations, list):
        return "evaluations"
    for evaluation in evaluations:
        for path in ("epoch", "step", "seconds.train"):
            if number_at(evaluation, path) is None:
                return f"evaluations: {path}"
    return ""


def defect(record, path, expected):
    """Why the file is not the record that its name says; "" when it is. As `normlab report` has it, in short."""
    if not isinstance(record, dict):
        return "it is not a JSON object"
    if record.get("schema") not in SCHEMAS:
        return f"its schema is {record.get('schema')!r}"
    if field := lacking(record):
        return f"it lacks {field}"
    if record["status"] not in STATUSES:
        return f"its status {record['status']!r} is unknown"
    if record["id"] != id_of_config(record["config"]):
        return "its id is not its config's"
    if path.name != record["id"] + ".json":
        return "its id is another file's name"
    return "sweep.json does not list its id" if expected and record["id"] not in expected else ""


def load_runs(folder, spec):
    runs = []
    listed = value_at(spec, "runs", [])
    expected = {run for run in listed if isinstance(run, str)} if isinstance(listed, list) else set()
    for path in sorted((folder / "runs").glob("*.json")):
        record = load_json(path)
        if problem := defect(record, path, expected):
            print(f"plot.py: warning: {path} was passed over: {problem}", file=sys.stderr)
        else:
            runs.append(Run(record))
    return runs


def in_order(names, order):
    """Distinct names: first those that `order` knows, in that order, then the others alphabetically."""
    distinct = set(names)
    known = [name for name in dict.fromkeys(order) if name in distinct]
    return known + sorted(distinct.difference(known))


def spec_models(spec):
    """Model names in the order of the sweep's grid."""
    grid = value_at(spec, "grid", {})
    entries = []
    for key in ("model", "model.name"):
        entries += grid.get(key, []) if isinstance(grid.get(key), list) else []
    return [entry.get("name") if isinstance(entry, dict) else entry for entry in entries]


def flatten(settings, prefix=""):
    flat = {}
    for key, value in settings.items():
        if isinstance(value, dict):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[prefix + key] = json.dumps(value)
    return flat


def split_into_variants(runs):
    """Runs of one model, norm and batch size that differ in more than the seed (a learning rate, say) belong to
    different variants, each with figures of its own. Returns [(description, runs)]."""
    configs = {id(run): flatten(run.record["config"]) for run in runs}
    cells = {}
    for run in runs:
        cells.setdefault((run.model, run.norm, run.batch_size), []).append(configs[id(run)])
    varying = sorted(
        {
            path
            for cell in cells.values()
            for path in set().union(*cell)
            if path != "seed" and len({config.get(path) for config in cell}) > 1
        }
    )
    variants = {}
    for run in runs:
        parts = [f"{path} {configs[id(run)].get(path, 'none')}".replace('"', "") for path in varying]
        variants.setdefault(", ".join(parts), []).append(run)
    return sorted(variants.items())


# ---- what was trained on what


def metric_of(runs):
    """The validation metric that the curves show: the target's, or else the task's."""
    for run in runs:
        if match := re.match(r"validation\.(\w+)<=", run.target):
            return match.group(1)
    for run in runs:
        if run.evaluations:
            found = run.evaluations[0].get("validation", {})
            return next((bits for bits in ("bits_per_character", "bits_per_byte") if bits in found), "error")
    return "error"


def target_text(target):
    return target.replace("_", " ").replace(".", " ", 1).replace("<=", " ≤ ")


def seeds_text(runs):
    seeds = sorted({run.seed for run in runs})
    if len(seeds) == 1:
        return f"seed {seeds[0]}"
    if seeds == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"seeds {seeds[0]}–{seeds[-1]}"
    return "seeds " + ", ".join(map(str, seeds))


def machine_text(runs):
    machines, versions = set(), set()
    for run in runs:
        cpu, threads = value_at(run.record, "environment.cpu"), value_at(run.record, "environment.threads", 1)
        if cpu:
            machines.add(f"{cpu}, {threads} thread{'s' if threads != 1 else ''}")
        if version := value_at(run.record, "environment.normlab"):
            versions.add(f"normlab {version}")
    machine = machines.pop() if len(machines) == 1 else f"{len(machines)} different machines or thread counts"
    return " · ".join([machine] + sorted(versions))


def dataset_text(run):
    name, path = value_at(run.record, "config.dataset.name", "?"), value_at(run.record, "config.dataset.path")
    return f"{name} ({Path(path).name})" if path else name


def plural(count, noun):
    return f"{count} {noun}{'' if count == 1 else 's'}"


class Sweep:
    """The runs that share a set of figures."""

    def __init__(self, name, variant, runs, model_order):
        self.name, self.variant, self.runs = name, variant, runs
        self.models = in_order((run.model for run in runs), model_order)
        self.norms = in_order((run.norm for run in runs), NORM_STYLES)
        self.batch_sizes = sorted({run.batch_size for run in runs})
        self.targets = {m: next((r.target for r in runs if r.model == m and r.target), "") for m in self.models}
        self.several_seeds = len({run.seed for run in runs}) > 1

    def cell(self, model, norm, batch_size):
        key = (model, norm, batch_size)
        return [run for run in self.runs if (run.model, run.norm, run.batch_size) == key]

    def shown_norms(self):
        return [norm for norm in self.norms if any(run.norm == norm and run.evaluations for run in self.runs)]

    def heading(self):
        """Lines below a figure's title."""
        datasets = in_order((dataset_text(run) for run in self.runs), [])
        parts = [f"{', '.join(self.models)} on {', '.join(datasets)}"]
        distinct = set(self.targets.values())
        if distinct == {""}:
            parts.append("no target")
        elif len(distinct) == 1:
            parts.append("target: " + target_text(distinct.pop()))
        else:
            each = [f"{target_text(self.targets[model]) or 'none'} ({model})" for model in self.models]
            parts.append("targets: " + ", ".join(each))
        parts.append(seeds_text(self.runs))
        if self.variant:
            parts.append(self.variant)
        return [" · ".join(parts), machine_text(self.runs)]

    def panel_title(self, model):
        """The target belongs to the panel when models have different ones."""
        if len(set(self.targets.values())) > 1:
            return f"{model}, target: {target_text(self.targets[model]) or 'none'}"
        return model

    def doubts(self):
        """A sentence on runs whose records doubt their own times."""
        found = [run for run in self.runs if run.doubtful_times]
        if not found:
            return ""
        norms = ", ".join(in_order((run.norm for run in found), NORM_STYLES))
        clock = "its clock is" if len(found) == 1 else "their clocks are"
        text = f"Doubtful times: of {plural(len(found), 'run')} ({norms}) {clock} contradicted by steps or processor time"
        medians = sum(run.doubtful_median for run in found)
        return text + (f"; so is the median step of {medians}." if medians else ".")

    def left_out(self):
        """A sentence on runs that no figure can show."""
        parts = []
        for status in ("undefined", "failed", "interrupted"):
            found = [run for run in self.runs if run.status == status]
            if found:
                norms = ", ".join(in_order((run.norm for run in found), NORM_STYLES))
                parts.append(f"{plural(len(found), 'run')} {status} ({norms})")
        return f"Without a result: {'; '.join(parts)}." if parts else ""


# ---- drawing


def start_again_with_matplotlib():
    """Replaces this process by the system's Python, for which matplotlib's package is, unless that was tried."""
    tried = [path for path in os.environ.get("NORMLAB_PLOT_TRIED", "").split(os.pathsep) if path]
    tried.append(sys.executable)
    # Not the files behind links: in a virtual environment the same file is another Python.
    if SYSTEM_PYTHON not in tried and os.access(SYSTEM_PYTHON, os.X_OK):
        os.environ["NORMLAB_PLOT_TRIED"] = os.pathsep.join(tried)
        os.execv(SYSTEM_PYTHON, [SYSTEM_PYTHON, *sys.argv])
    fail(f"matplotlib is missing from {' and from '.join(tried)}; install the package python3-matplotlib.")


def load_matplotlib():
    try:
        import matplotlib
    except ImportError:
        start_again_with_matplotlib()
    if "NORMLAB_PLOT_TRIED" in os.environ:
        print(f"plot.py: drawing with {sys.executable}", file=sys.stderr)
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update(
        {
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
    )
    return plt


def style_of(norm):
    return NORM_STYLES.get(norm, ("#000000", "p"))


def norm_label(norm):
    return "no norm" if norm == "none" else f"{norm} norm"


def read_across(handles, columns):
    """The order in which a legend, which fills its columns one after the other, reads row by row."""
    return [handle for column in range(columns) for handle in handles[column::columns]]


def palette():
    """Every norm's colour blended with white in steps, as the edges of lines are, and greys. Next to white stands no
    other colour, since Pillow tells nearly equal ones apart only roughly."""
    colours = []
    for name in [colour for colour, _ in NORM_STYLES.values()] + [GREY]:
        channels = [int(name[i : i + 2], 16) for i in (1, 3, 5)]
        colours += [[round(255 + (c - 255) * step / 20) for c in channels] for step in range(2, 21)]
    colours += [[level] * 3 for level in [*range(0, 243, 11), 228, 241, 255]]
    return [channel for colour in colours for channel in colour]


def save_png(figure, path):
    """As a PNG with a palette, which for line drawings looks the same at a third of the size."""
    from PIL import Image  # comes with matplotlib

    buffer = io.BytesIO()
    figure.savefig(buffer, dpi=110, format="png")
    colours = Image.new("P", (1, 1))
    colours.putpalette(palette())
    Image.open(buffer).convert("RGB").quantize(palette=colours, dither=0).save(path, optimize=True)


class Figure:
    """A grid of panels below a heading and above a legend and notes, laid out in inches."""

    def __init__(self, plt, title, heading, rows, columns, panel_size):
        self.plt = plt
        self.width = max(columns * panel_size[0] + 0.3, 7.2)
        characters = int(self.width * 15.5)
        self.heading = [part for line in heading for part in textwrap.wrap(line, characters)]
        self.top = 0.52 + 0.18 * len(self.heading)
        self.body = rows * panel_size[1]
        self.title = title
        self.rows, self.columns = rows, columns
        # The height of what stands below the panels is known only when the legend is; the panels come first.
        self.figure, axes = plt.subplots(rows, columns, squeeze=False, figsize=(self.width, self.top + self.body))
        self.axes = list(axes.flat)

    def finish(self, handles, notes, path, svg):
        columns = max(1, min(len(handles), int(self.width / 1.4)))
        legend_rows = math.ceil(len(handles) / columns)
        lines = [part for note in notes if note for part in textwrap.wrap(note, int(self.width * 15.5))]
        bottom = 0.14 + 0.22 * legend_rows + 0.17 * len(lines)
        height = self.top + self.body + bottom
        self.figure.set_size_inches(self.width, height)
        left = 0.15 / self.width
        self.figure.text(left, 1 - 0.12 / height, self.title, fontsize=13, fontweight="bold", va="top")
        for index, line in enumerate(self.heading):
            y = 1 - (0.40 + 0.18 * index) / height
            self.figure.text(left, y, line, fontsize=9, color="#444444", va="top")
        self.figure.legend(
            handles=read_across(handles, columns),
            loc="lower center",
            bbox_to_anchor=(0.5, (0.05 + 0.17 * len(lines)) / height),
            ncol=columns,
            columnspacing=1.4,
            handletextpad=0.5,
            borderaxespad=0,
        )
        for index, line in enumerate(reversed(lines)):
            y = (0.07 + 0.17 * index) / height
            self.figure.text(left, y, line, fontsize=8, color="#444444", va="bottom")
        self.figure.tight_layout(rect=(0, bottom / height, 1, 1 - self.top / height), w_pad=1.5, h_pad=1.2)
        save_png(self.figure, path)
        if svg:
            self.figure.savefig(path.with_suffix(".svg"), metadata={"Date": None})
        self.plt.close(self.figure)


def norm_handles(plt, sweep, line=True, marker=True):
    handles = []
    for norm in sweep.shown_norms():
        colour, shape = style_of(norm)
        handles.append(
            plt.Line2D(
                [], [], color=colour, linewidth=2.2 if line else 0, marker=shape if marker else "", markersize=6,
                label=norm_label(norm),
            )
        )
    return handles


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


def set_log_axis(ax, axis, low, high):
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator

    ticks = nice_ticks(low, high)
    if len(ticks) < 3:
        ticks = [tick for tick in MaxNLocator(5).tick_values(low, high) if low <= tick <= high]
    (ax.set_xscale if axis == "x" else ax.set_yscale)("log")
    (ax.set_xlim if axis == "x" else ax.set_ylim)(low, high)
    target = ax.xaxis if axis == "x" else ax.yaxis
    target.set_major_locator(FixedLocator(ticks))
    target.set_minor_locator(NullLocator())
    target.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))


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


def wrapped_grid(count, widest):
    columns = min(count, widest)
    return math.ceil(count / columns), columns


# ---- learning curves


def time_unit(seconds):
    if seconds > 2 * 3600:
        return 3600, "hours"
    return (60, "minutes") if seconds > 600 else (1, "seconds")


def curve_of(run, metric, x_path):
    """Points of the validation metric; "step" stands for time: the steps done times the run's median step time."""
    scale = number_at(run.record, "step_seconds.median") if x_path == "step" else 1
    if scale is None:
        return []
    points = [(number_at(e, x_path), number_at(e, f"validation.{metric}")) for e in run.evaluations]
    points = [(None if x is None else x * scale, y) for x, y in points]
    return [point for point in points if None not in point]


def median_curve(curves, diverged):
    """Medians at each evaluation for as long as every run goes on; a run that diverged goes on as infinite."""
    going = [curve for curve, ended in zip(curves, diverged) if not ended]
    length = min(map(len, going), default=0)
    points = []
    for index in range(length):
        xs = [curve[index][0] for curve in curves if index < len(curve)]
        ys = [curve[index][1] if index < len(curve) else math.inf for curve in curves]
        y = statistics.median(ys)
        if not math.isfinite(y):
            break
        points.append((statistics.median(xs), y))
    return points


def draw_reached(ax, run, curve, colour):
    reached = number_at(run.record, "convergence.epochs")
    for evaluation, point in zip(run.evaluations, curve):
        if reached is not None and abs(evaluation["epoch"] - reached) < 1e-9:
            ax.plot(*point, "o", color=colour, markersize=4.5, markeredgecolor="white", markeredgewidth=0.6, zorder=5)


def draw_curves(ax, runs, metric, x_path, scale, colour):
    runs = [run for run in runs if curve_of(run, metric, x_path)]
    curves = [[(x / scale, y) for x, y in curve_of(run, metric, x_path)] for run in runs]
    several = len(curves) > 1
    for run, curve in zip(runs, curves):
        alone = not several
        ax.plot(*zip(*curve), color=colour, linewidth=2 if alone else 0.8, alpha=1 if alone else 0.45)
        if len(curve) == 1:
            ax.plot(*curve[0], ".", color=colour)
        draw_reached(ax, run, curve, colour)
        if run.status == "diverged":
            ax.plot(*curve[-1], "x", color=colour, markersize=6, markeredgewidth=1.6, zorder=5)
    if several:
        middle = median_curve(curves, [run.status == "diverged" for run in runs])
        if middle:
            ax.plot(*zip(*middle), color=colour, linewidth=2.2)


def curve_limits(sweep, model, metric):
    """Shared by the panels of a model. What is far above the rest (a run that blows up) is cut off."""
    values = sorted(y for run in sweep.runs if run.model == model for _, y in curve_of(run, metric, "epoch") if y > 0)
    if match := re.match(rf"validation\.{metric}<=(.+)", sweep.targets[model]):
        values = sorted(values + [float(match.group(1))])
    if not values:
        return None
    high = min(values[-1], 4 * values[int(0.9 * (len(values) - 1))])
    return values[0] / 1.04, max(high, values[0] * 1.05) * 1.04


def curve_handles(plt, sweep):
    handles = norm_handles(plt, sweep, marker=False)
    if sweep.several_seeds:
        handles.append(plt.Line2D([], [], color=GREY, linewidth=0.8, label="one seed"))
        handles.append(plt.Line2D([], [], color=GREY, linewidth=2.2, label="median of seeds"))
    if any(sweep.targets.values()):
        handles.append(plt.Line2D([], [], color="#222222", linewidth=1, linestyle=(0, (4, 3)), label="target"))
    if any(run.converged for run in sweep.runs):
        handles.append(plt.Line2D([], [], color=GREY, marker="o", linewidth=0, markersize=4.5, label="target reached"))
    if any(run.status == "diverged" for run in sweep.runs):
        handles.append(
            plt.Line2D([], [], color=GREY, marker="x", linewidth=0, markeredgewidth=1.6, label="diverged")
        )
    return handles


def plot_learning_curves(plt, sweep, x_path, path, svg):
    panels = [
        (model, batch_size)
        for model in sweep.models
        for batch_size in sweep.batch_sizes
        if any(run.evaluations for norm in sweep.norms for run in sweep.cell(model, norm, batch_size))
    ]
    if not panels:
        return False
    # A row a model, unless there are so many batch sizes, or so few panels, that lines are better broken.
    rows, columns = wrapped_grid(len(panels), len(sweep.batch_sizes) if len(sweep.batch_sizes) <= 4 else 3)
    by_time = x_path != "epoch"
    axis = "training time" if by_time else "epoch"
    title = f"{sweep.name}: learning curves by {axis}"
    figure = Figure(plt, title, sweep.heading(), rows, columns, (4.0 if columns > 1 else 7, 2.9))
    for ax, (model, batch_size) in zip(figure.axes, panels):
        cells = {norm: sweep.cell(model, norm, batch_size) for norm in sweep.norms}
        metric = metric_of([run for run in sweep.runs if run.model == model])
        points = [point for cell in cells.values() for run in cell for point in curve_of(run, metric, x_path)]
        longest = max((x for x, _ in points), default=1)
        scale, unit = time_unit(longest) if by_time else (1, "")
        for norm, cell in cells.items():
            draw_curves(ax, cell, metric, x_path, scale, style_of(norm)[0])
        if limits := curve_limits(sweep, model, metric):
            set_log_axis(ax, "y", *limits)
        if match := re.match(rf"validation\.{metric}<=(.+)", sweep.targets[model]):
            ax.axhline(float(match.group(1)), color="#222222", linewidth=1, linestyle=(0, (4, 3)), zorder=1.5)
        ax.set_xlim(left=0)
        ax.set_title(f"{model}, batch size {batch_size}", loc="left")
        ax.set_xlabel(f"training time ({unit})" if by_time else "epoch")
        ax.set_ylabel(f"validation {METRIC_LABELS.get(metric, metric)}")
    for ax in figure.axes[len(panels) :]:
        ax.set_visible(False)
    notes = [clock_note(x_path) if by_time else "", sweep.doubts() if by_time else "", sweep.left_out()]
    figure.finish(curve_handles(plt, sweep), notes, path, svg)
    return True


# ---- epochs and seconds to the target


# Of the panel's height: above which misses stand, their markers, and how many there are.
MISS_LINE, MISS_MARKER, MISS_COUNT = 0.85, 0.945, 0.885


def height_in_data(ax, fraction):
    return ax.transData.inverted().transform(ax.transAxes.transform((0, fraction)))[1]


def draw_miss_strip(ax):
    """The strip at the top where misses stand; the axis' numbers end below it."""
    strip = ax.patch.__class__((0, MISS_LINE), 1, 1 - MISS_LINE, transform=ax.transAxes)
    strip.set(facecolor="#f1f1f1", edgecolor="none", zorder=1.2)
    ax.add_patch(strip)
    ax.text(-0.015, MISS_MARKER, "not\nreached", transform=ax.transAxes, ha="right", va="center", fontsize=8)
    top = height_in_data(ax, MISS_LINE)
    ax.set_yticks([tick for tick in ax.get_yticks() if ax.get_ylim()[0] <= tick < top])


def draw_misses(ax, x, values, colour, label):
    finite = [value for value in values if math.isfinite(value)]
    across = ax.get_xaxis_transform()
    ax.plot(x, MISS_MARKER, marker="x", color=colour, markersize=6.5, markeredgewidth=1.8, transform=across)
    if finite:
        line = [max(finite), height_in_data(ax, MISS_LINE)]
        ax.plot([x, x], line, color=colour, linewidth=1.2, linestyle=":", alpha=0.9)
    if label:
        text = f"{len(values) - len(finite)}/{len(values)}"
        ax.text(x, MISS_COUNT, text, transform=across, fontsize=7, color=colour, ha="center", va="center")


def draw_cell_to_target(ax, x, values, style, label_misses):
    """A marker at the median, a bar over the range; returns the median for the line between batch sizes."""
    colour, marker = style
    finite = [value for value in values if math.isfinite(value)]
    middle = statistics.median(values)
    if finite and max(finite) > min(finite):
        ax.plot([x, x], [min(finite), max(finite)], color=colour, linewidth=1.6, solid_capstyle="butt", alpha=0.8)
    if len(finite) < len(values):
        draw_misses(ax, x, values, colour, label_misses)
        if finite and not math.isfinite(middle):
            ax.plot(x, min(finite), marker="_", color=colour, markersize=7)
    if math.isfinite(middle):
        ax.plot(x, middle, marker=marker, color=colour, markersize=6.5, markeredgecolor="white", markeredgewidth=0.6)
    return middle


def draw_norm_to_target(ax, sweep, model, norm, quantity, dodge, label_misses):
    colour, marker = style_of(norm)
    points = []
    for batch_size in sweep.batch_sizes:
        values = [run.to_target(quantity) for run in sweep.cell(model, norm, batch_size) if run.counts]
        if values:
            x = batch_size * dodge
            points.append((x, draw_cell_to_target(ax, x, values, (colour, marker), label_misses)))
    # The line breaks where the median is a miss.
    heights = [y if math.isfinite(y) else math.nan for _, y in points]
    ax.plot([x for x, _ in points], heights, color=colour, linewidth=1.5)


def set_batch_axis(ax, sizes):
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_locator(FixedLocator(sizes))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
    room = 2**0.75
    ax.set_xlim(sizes[0] / room, sizes[-1] * room)
    ax.set_xlabel("batch size")


def plot_to_target(plt, sweep, quantity, path, svg):
    models = [model for model in sweep.models if any(run.model == model and run.counts for run in sweep.runs)]
    if not models:
        return False
    seconds = quantity != "epochs"
    what = "training time" if seconds else "epochs"
    rows, columns = wrapped_grid(len(models), 3)
    title = f"{sweep.name}: {what} to target against batch size"
    figure = Figure(plt, title, sweep.heading(), rows, columns, (4.2 if columns > 1 else 7.2, 3.6))
    norms = [norm for norm in sweep.norms if any(run.norm == norm and run.counts for run in sweep.runs)]
    for ax, model in zip(figure.axes, models):
        all_values = [run.to_target(quantity) for run in sweep.runs if run.model == model and run.counts]
        finite = [value for value in all_values if math.isfinite(value)]
        set_batch_axis(ax, sorted({run.batch_size for run in sweep.runs if run.model == model}))
        set_measure_axis(ax, "y", finite or [1], headroom=MISS_LINE)
        draw_miss_strip(ax)
        label = sweep.several_seeds and len(norms) * len(sweep.batch_sizes) <= 18
        for index, norm in enumerate(norms):
            # Side by side at one batch size, so that bars and misses stay apart.
            dodge = 2 ** (min(0.3, 0.75 / len(norms)) * (index - (len(norms) - 1) / 2))
            draw_norm_to_target(ax, sweep, model, norm, quantity, dodge, label)
        if not finite:
            ax.set_yticks([])
        ax.set_title(sweep.panel_title(model), loc="left")
        ax.set_ylabel("training time to target (seconds)" if seconds else "epochs to target")
    for ax in figure.axes[len(models) :]:
        ax.set_visible(False)
    handles = norm_handles(plt, sweep)
    if sweep.several_seeds:
        handles.append(plt.Line2D([], [], color=GREY, linewidth=1.4, label="range over seeds"))
    handles.append(plt.Line2D([], [], color=GREY, marker="x", linewidth=0, markeredgewidth=1.8, label="not reached"))
    notes = ["At each batch size the norms stand side by side."]
    if sweep.several_seeds:
        notes[0] += " Markers are medians over seeds; a seed that misses the target counts as infinite."
    notes += [clock_note(quantity), sweep.doubts() if seconds else "", sweep.left_out()]
    figure.finish(handles, notes, path, svg)
    return True


def clock_note(quantity):
    if quantity in ("train_seconds", "seconds.train"):
        return "Times are as measured on the training clock, which pauses for evaluation."
    if quantity in ("train_seconds_from_median_step", "step"):
        return "Times are the number of steps times the run's median step time."
    return ""


# ---- epochs against wall time


def misses_text(sweep, model):
    """What the scatter cannot show: "mlp, target not reached: no norm at batch size 4 (2 of 5), 128."."""
    parts = []
    for norm in sweep.norms:
        sizes = []
        for batch_size in sweep.batch_sizes:
            runs = [run for run in sweep.cell(model, norm, batch_size) if run.counts]
            misses = sum(not run.converged for run in runs)
            if misses:
                sizes.append(f"{batch_size}" + (f" ({misses} of {len(runs)})" if len(runs) > 1 else ""))
        if sizes:
            parts.append(f"{norm_label(norm)} at batch size {', '.join(sizes)}")
    return f"{model}, target not reached: {'; '.join(parts)}." if parts else ""


def draw_scatter(ax, sweep, model, quantity, markers):
    for index, norm in enumerate(sweep.norms):
        colour = style_of(norm)[0]
        # Smaller for each further norm, so that equal medians show as rings instead of hiding one another.
        size = 9.8 - 2.8 * index / max(len(sweep.norms) - 1, 1)
        middles = []
        for batch_size in sweep.batch_sizes:
            runs = [run for run in sweep.cell(model, norm, batch_size) if run.counts]
            points = [(run.to_target("epochs"), run.to_target(quantity)) for run in runs]
            if len(points) > 1:
                for point in points:
                    if all(map(math.isfinite, point)):
                        ax.plot(*point, marker=markers[batch_size], color=colour, markersize=4, alpha=0.4, linewidth=0)
            if points:
                middle = [statistics.median(values) for values in zip(*points)]
                middles.append(middle if all(map(math.isfinite, middle)) else [math.nan, math.nan])
                style = {"markersize": size, "markeredgecolor": "white", "markeredgewidth": 0.7}
                ax.plot(*middles[-1], marker=markers[batch_size], color=colour, zorder=4, **style)
        if middles:
            ax.plot(*zip(*middles), color=colour, linewidth=1.1, alpha=0.55, zorder=2)


def plot_scatter(plt, sweep, quantity, path, svg):
    models = [m for m in sweep.models if any(r.model == m and r.counts and r.converged for r in sweep.runs)]
    if not models:
        return False
    rows, columns = wrapped_grid(len(models), 3)
    title = f"{sweep.name}: epochs to target against training time"
    figure = Figure(plt, title, sweep.heading(), rows, columns, (4.2 if columns > 1 else 7.2, 3.7))
    markers = {size: BATCH_MARKERS[i % len(BATCH_MARKERS)] for i, size in enumerate(sweep.batch_sizes)}
    for ax, model in zip(figure.axes, models):
        runs = [run for run in sweep.runs if run.model == model and run.counts and run.converged]
        set_measure_axis(ax, "x", [run.to_target("epochs") for run in runs], from_zero=False)
        set_measure_axis(ax, "y", [run.to_target(quantity) for run in runs], from_zero=False)
        draw_scatter(ax, sweep, model, quantity, markers)
        ax.set_title(sweep.panel_title(model), loc="left")
        ax.set_xlabel("epochs to target")
        ax.set_ylabel("training time to target (seconds)")
    for ax in figure.axes[len(models) :]:
        ax.set_visible(False)
    handles = [
        plt.Line2D([], [], color=style_of(norm)[0], linewidth=5, label=norm_label(norm))
        for norm in sweep.shown_norms()
    ]
    handles += [
        plt.Line2D([], [], color=GREY, marker=markers[size], linewidth=0, markersize=7, label=f"batch size {size}")
        for size in sweep.batch_sizes
    ]
    notes = ["Down and to the left is better. Lines join the batch sizes of a norm."]
    if sweep.several_seeds:
        notes[0] += " Large markers are medians over seeds, small ones single seeds."
    notes += [misses_text(sweep, model) for model in sweep.models] + [clock_note(quantity), sweep.doubts(), sweep.left_out()]
    figure.finish(handles, notes, path, svg)
    return True


# ---- the program


def parse_arguments():
    parser = argparse.ArgumentParser(description="Draws the figures of a sweep from its run records.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="a sweep's folder, with runs/*.json in it")
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, help="folder of the figures (default: DIR/plots)")
    parser.add_argument("--svg", action="store_true", help="write each figure as SVG, too")
    parser.add_argument(
        "--as-measured", action="store_true",
        help="times as the training clock measured them instead of as steps times the run's median step time",
    )
    return parser.parse_args()


def draw_all(plt, sweep, out, suffix, options):
    seconds = "train_seconds" if options.as_measured else "train_seconds_from_median_step"
    clock = "seconds.train" if options.as_measured else "step"
    figures = {
        "learning-curves-by-epoch": lambda path: plot_learning_curves(plt, sweep, "epoch", path, options.svg),
        "learning-curves-by-time": lambda path: plot_learning_curves(plt, sweep, clock, path, options.svg),
        "epochs-to-target": lambda path: plot_to_target(plt, sweep, "epochs", path, options.svg),
        "seconds-to-target": lambda path: plot_to_target(plt, sweep, seconds, path, options.svg),
        "epochs-against-seconds": lambda path: plot_scatter(plt, sweep, seconds, path, options.svg),
    }
    for name, draw in figures.items():
        path = out / f"{name}{suffix}.png"
        if draw(path):
            print(path)
        else:
            print(f"plot.py: {name}: nothing to draw", file=sys.stderr)


def main():
    options = parse_arguments()
    if not options.folder.is_dir():
        fail(f"{options.folder} is not a folder, and a sweep's folder is wanted.")
    if options.folder.name == "runs" and not (options.folder / "runs").is_dir():
        fail(f'{options.folder} is the runs/ of a sweep\'s folder (did you mean "{options.folder.parent}"?).')
    spec = load_json(options.folder / "sweep.json")
    spec = spec if isinstance(spec, dict) else {}
    runs = load_runs(options.folder, spec)
    if not runs:
        fail(f"{options.folder / 'runs'} holds no run records (*.json).")
    plt = load_matplotlib()
    out = options.out or options.folder / "plots"
    name = value_at(spec, "name", options.folder.resolve().name)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for variant, members in split_into_variants(runs):
            suffix = "-" + re.sub(r"[^A-Za-z0-9.]+", "-", variant).strip("-") if variant else ""
            draw_all(plt, Sweep(name, variant, members, spec_models(spec)), out, suffix, options)
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}.")


if __name__ == "__main__":
    main()
