"""The command line of scripts/plot.py, and of each figure's file by itself."""

import argparse
import json
from pathlib import Path

from plots.interpreter import load_pyplot
from plots.messages import fail, say
from plots.records import load_json, load_records, value_at
from plots.sweep import AS_MEASURED, Run, Sweep, clock_of, give_step_times, spec_models


def parse_arguments():
    parser = argparse.ArgumentParser(description="Draws the figures of a sweep from its run records.")
    parser.add_argument("folder", metavar="DIR", type=Path, help="a sweep's folder, with runs/*.json in it")
    parser.add_argument("-o", "--out", metavar="OUT", type=Path, help="folder of the figures (default: DIR/plots)")
    parser.add_argument("--svg", action="store_true", help="write each figure as SVG, too")
    parser.add_argument(
        "--as-measured", action="store_true",
        help="times as the training clock measured them instead of as steps times the time of a step",
    )
    parser.add_argument(
        "--where", metavar="SETTING=VALUE,...", action="append", default=[],
        help="only runs with one of these values of a setting, such as optimizer.learning_rate=0.001; may be repeated",
    )
    return parser.parse_args()


def check_folder(folder):
    if not folder.is_dir():
        fail(f"{folder} is not a folder, and a sweep's folder is wanted.")
    if folder.name == "runs" and not (folder / "runs").is_dir():
        fail(f'{folder} is the runs/ of a sweep\'s folder (did you mean "{folder.parent}"?).')


def setting_text(value):
    return value if isinstance(value, str) else json.dumps(value)


def is_value(text, value):
    """Whether a value of the command line is a setting's: the same text, or the same number."""
    try:
        return json.loads(text) == value or text == setting_text(value)
    except ValueError:
        return text == value


def choose(runs, conditions):
    for condition in conditions:
        path, _, values = condition.partition("=")
        path = {"model": "model.name", "norm": "norm.name", "dataset": "dataset.name"}.get(path, path)
        if not any(path in run.settings for run in runs):
            fail(f'where: no run has a setting "{path}".')
        runs = [run for run in runs if any(is_value(text, run.settings.get(path)) for text in values.split(","))]
        if not runs:
            fail(f"where: no run has {condition}.")
    return runs


def draw_all(figures, plt, sweep, out, options):
    clock = AS_MEASURED if options.as_measured else clock_of(sweep.runs)
    for name, draw in figures.items():
        drawn = draw(plt, sweep, clock)
        for suffix, figure in (drawn.items() if isinstance(drawn, dict) else [("", drawn)] if drawn else []):
            path = out / f"{name}{suffix}.png"
            figure.save(path, options.svg)
            print(path)
        if drawn is None:
            say(f"{name}: nothing to draw")


def main(figures):
    """Draws `figures`: for each name of a file, a function that makes the figure of a sweep, or several by what is
    added to the name, or None where the sweep has nothing to show in it."""
    options = parse_arguments()
    folder = options.folder
    check_folder(folder)
    spec = load_json(folder / "sweep.json")
    spec = spec if isinstance(spec, dict) else {}
    runs = [Run(record) for record in load_records(folder, spec)]
    if not runs:
        fail(f"{folder / 'runs'} holds no run records (*.json).")
    give_step_times(runs, load_json(folder / "times.json"))
    runs = choose(runs, options.where)
    plt = load_pyplot()
    out = options.out or folder / "plots"
    name = value_at(spec, "name", folder.resolve().name)
    try:
        out.mkdir(parents=True, exist_ok=True)
        draw_all(figures, plt, Sweep(name, runs, spec_models(spec), value_at(spec, "chosen", [])), out, options)
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}.")
