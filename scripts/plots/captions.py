"""What the figures say in words about the runs that they show."""

from pathlib import Path

from plots.records import value_at
from plots.style import norm_label
from plots.sweep import in_order, norms_of


def target_text(target):
    return target.replace("_", " ").replace(".", " ", 1).replace("<=", " ≤ ").replace(">=", " ≥ ")


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


def heading(sweep):
    """Lines below a figure's title."""
    datasets = in_order((dataset_text(run) for run in sweep.runs), [])
    parts = [f"{', '.join(sweep.models)} on {', '.join(datasets)}"]
    if sweep.targets == [""]:
        parts.append("no target")
    elif len(sweep.targets) == 1:
        parts.append("target: " + target_text(sweep.targets[0]))
    else:
        each = {block.model: target_text(block.target) or "none" for block in sweep.blocks}
        parts.append("targets: " + ", ".join(f"{target} ({model})" for model, target in each.items()))
    parts.append(seeds_text(sweep.runs))
    return [" · ".join(parts), machine_text(sweep.runs)]


def panel_title(sweep, block):
    """The target belongs to the panel when there are different ones."""
    if len(sweep.targets) > 1:
        return f"{block.name}, target: {target_text(block.target) or 'none'}"
    return block.name


def misses(sweep, block):
    """What a figure of the runs that reached the target cannot show: "mlp, target not reached: no norm at batch
    size 4 (2 of 5), 128."."""
    parts = []
    for norm in sweep.norms:
        sizes = []
        for batch_size in sweep.batch_sizes:
            runs = [run for run in block.runs_of(norm, batch_size) if run.counts]
            count = sum(not run.converged for run in runs)
            if count:
                sizes.append(f"{batch_size}" + (f" ({count} of {len(runs)})" if len(runs) > 1 else ""))
        if sizes:
            parts.append(f"{norm_label(norm)} at batch size {', '.join(sizes)}")
    return f"{block.name}, target not reached: {'; '.join(parts)}." if parts else ""


def doubts(sweep):
    """A sentence on runs whose records doubt their own times."""
    found = [run for run in sweep.runs if run.doubtful_times]
    if not found:
        return ""
    norms = ", ".join(norms_of(found))
    clock = "its clock is" if len(found) == 1 else "their clocks are"
    text = f"Doubtful times: of {plural(len(found), 'run')} ({norms}) {clock} contradicted by steps or processor time"
    medians = sum(run.doubtful_median for run in found)
    return text + (f"; so is the median step of {medians}." if medians else ".")


def left_out(sweep):
    """A sentence on runs that no figure can show."""
    parts = []
    for status in ("undefined", "failed", "interrupted"):
        found = [run for run in sweep.runs if run.status == status]
        if found:
            parts.append(f"{plural(len(found), 'run')} {status} ({', '.join(norms_of(found))})")
    return f"Without a result: {'; '.join(parts)}." if parts else ""


def closing_notes(sweep, clock=None):
    """What stands below every figure: how its times were taken, if it has a clock, and what it leaves out."""
    of_times = [clock.note, "" if clock.apart else doubts(sweep)] if clock else []
    return of_times + [left_out(sweep)]
