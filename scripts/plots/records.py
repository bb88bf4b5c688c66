"""Reads the records of a sweep's folder (docs/results-format.md), and passes over those that are damaged."""

import json
import math

from plots.messages import say

SCHEMAS = ("normlab.run/2", "normlab.run/1")
STATUSES = ("reached_target", "missed_target", "finished", "diverged", "undefined", "failed", "interrupted")


class WrittenFloat(float):
    """A number that remembers its digits, which a record's id is a hash of."""

    def __new__(cls, text):
        number = super().__new__(cls, text)
        number.text = text
        return number


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def load_json(path):
    """None for what is no JSON file."""
    try:
        text = path.read_text(encoding="utf-8")
        return json.loads(text, parse_float=WrittenFloat, parse_constant=refuse_constant)
    except (OSError, ValueError, RecursionError):
        return None


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


def described_metrics(record):
    """The record's metrics: name, unit and direction of each. None when it has no such list."""
    described = value_at(record, "metrics")
    if not isinstance(described, list) or not described:
        return None
    fields = ("name", "unit", "better")
    texts = [[value_at(metric, field) for field in fields] for metric in described]
    return [dict(zip(fields, each)) for each in texts] if all(isinstance(t, str) for e in texts for t in e) else None


def metrics_of(record):
    """The metrics of the record's task, the loss first and last the one that figures show. Records of older versions
    do not describe them, but have them in this order, and of all a lower value is the better one."""
    if metrics := described_metrics(record):
        return metrics
    evaluations = value_at(record, "evaluations") or [{}]
    names = value_at(evaluations[0], "validation", {})
    return [{"name": name, "unit": "nats" if name == "loss" else "", "better": "lower"} for name in names]


def lacking(record):
    """The first field that the record's status rests on and that is absent or of a wrong kind; "" when none is."""
    status = value_at(record, "status")
    texts = {"undefined": ["reason"], "failed": ["cause"]}.get(status, [])
    numbers = ["diverged_step"] if status == "diverged" else []
    if status == "reached_target":
        numbers = ["convergence.epochs", "convergence.steps"]
    if status in ("reached_target", "missed_target", "finished"):
        metrics = described_metrics(record) or [{"name": "loss"}, {"name": "error"}]
        numbers = numbers + ["step_seconds.count", "step_seconds.median"]
        numbers += [f"test.{metric['name']}" for metric in metrics]
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


def load_records(folder, spec):
    """The sound records of the sweep's folder; warns of the others."""
    records = []
    listed = value_at(spec, "runs", [])
    expected = {run for run in listed if isinstance(run, str)} if isinstance(listed, list) else set()
    for path in sorted((folder / "runs").glob("*.json")):
        record = load_json(path)
        if problem := defect(record, path, expected):
            say(f"warning: {path} was passed over: {problem}")
        else:
            records.append(record)
    return records
