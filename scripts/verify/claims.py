"""What a file of claims (docs/claims-format.md) compares, and normlab's records of it."""
import json
import pathlib
import re
from dataclasses import dataclass, field

from verify.measure import Measure
from verify.refusal import Refusal

ENDED = ("reached_target", "missed_target", "finished", "diverged")
NAMED_OBJECTS = ("dataset", "model", "norm", "init", "optimizer", "schedule")


@dataclass
class Cell:
    """The runs of a claim that differ in their seed alone, and what is measured of them."""

    label: str
    value: str  # of the setting that the claim compares: "norm layer"
    config: dict  # with all settings, without the seed
    measure: Measure
    records: list  # of normlab, by seed
    curves: list = field(default_factory=list)  # of PyTorch

    @property
    def key(self):
        return json.dumps([self.config, self.measure.text], sort_keys=True)


@dataclass
class Contrast:
    label: str
    first: Cell
    second: Cell


@dataclass
class Claim:
    id: str
    sentence: str
    level: float
    contrasts: list

    @property
    def sides(self):
        """Of all contrasts, some of which may have a cell in common."""
        return [cell for contrast in self.contrasts for cell in (contrast.first, contrast.second)]

    @property
    def cells(self):
        """Those that are different."""
        return list({cell.key: cell for cell in self.sides}.values())


def read_json(path, field_name):
    try:
        return json.loads(pathlib.Path(path).read_text())
    except (OSError, ValueError) as error:
        raise Refusal(f"{field_name}: {path} cannot be read as JSON ({error})") from error


def merged(defaults, settings):
    """Nested settings, those of the second in place of the first's."""
    result = dict(defaults)
    for key, value in settings.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = merged(result[key], value) if both else value
    return result


def setting_of(config, path):
    for key in path.split("."):
        config = config.get(key) if isinstance(config, dict) else None
    return config


def has_value(config, path, wanted):
    value = setting_of(config, path)
    if path in NAMED_OBJECTS and isinstance(wanted, str):
        value = value and value.get("name")
    return value == wanted and isinstance(value, bool) == isinstance(wanted, bool)


def value_text(path, value):
    """As tables show it: of an object that has a name, the name."""
    if isinstance(value, dict) and "name" in value:
        value = value["name"]
    text = value if isinstance(value, str) else json.dumps(value)
    return text if path in NAMED_OBJECTS else f"{path.replace('_', ' ')} {text}"


def read_seeds(listed):
    seeds = []
    for one in listed if isinstance(listed, list) else [listed]:
        bounds = re.fullmatch(r"(\d+)\.\.(\d+)", str(one))
        seeds += range(int(bounds[1]), int(bounds[2]) + 1) if bounds else [int(one)]
    return seeds


class Experiment:
    """The records of an experiment's runs, by `normlab claims run`."""

    def __init__(self, spec_file, results, seeds):
        spec = read_json(spec_file, "experiment")
        self.folder = pathlib.Path(results, spec.get("name", pathlib.Path(spec_file).stem))
        if not (self.folder / "sweep.json").is_file():
            raise Refusal(f"results: {self.folder} has no results; `normlab claims run` makes them")
        sweep = read_json(self.folder / "sweep.json", "results")
        grid = sweep.get("grid", {})
        self.axes = [path for path, values in grid.items() if len(values) > 1 and path != "seed"]
        # The folder may have others as well, of an older version or of somebody else's.
        listed = set(sweep["runs"])
        files = [path for path in sorted((self.folder / "runs").glob("*.json")) if path.stem in listed]
        records = [read_json(path, "results") for path in files]
        self.seeds = seeds
        self.records = [record for record in records if record["config"]["seed"] in seeds]
        self.configs = [merged(record.get("defaults", {}), record["config"]) for record in self.records]
        for config in self.configs:
            del config["seed"]

    def _common_axes(self, setting):
        return [axis for axis in self.axes if not (axis + ".").startswith(setting + ".")
                and not (setting + ".").startswith(axis + ".")]  # fmt: skip

    def contrasts(self, setting, sides, where, measure):
        """Yields the contrasts of runs with the two values of `sides`, as lib/normlab/claims/claim_cells.h has them."""
        axes, groups = self._common_axes(setting), {}
        for record, config in zip(self.records, self.configs):
            holds = all(any(has_value(config, path, value) for value in values) for path, values in where.items())
            side = next((place for place, value in enumerate(sides) if has_value(config, setting, value)), None)
            if not holds or side is None:
                continue
            common = [value_text(axis, setting_of(config, axis)) for axis in axes]
            groups.setdefault(tuple(common), ([], []))[side].append((record, config))
        if not groups:
            raise Refusal(f"where: {self.folder} has no runs that the claim compares")
        names = [value_text(setting, value) for value in sides]
        for common, runs in groups.items():
            cells = [self._cell(name, common, side, measure) for name, side in zip(names, runs)]
            yield Contrast(", ".join([" / ".join(names), *common]), *cells)

    def _cell(self, name, common, runs, measure):
        label = ", ".join([name, *common])
        records = sorted((record for record, _ in runs), key=lambda record: record["config"]["seed"])
        ended = [record["config"]["seed"] for record in records if record["status"] in ENDED]
        if ended != self.seeds:
            raise Refusal(
                f"results: {self.folder} has finished runs of {len(ended)} of the {len(self.seeds)} seeds of"
                f" {label}; `normlab claims run` makes the others"
            )
        return Cell(label, name, runs[0][1], measure.of(records), records)


def whole_contrasts(claim):
    """With what is said once for all of them; first whether each can be measured here."""
    shared = {key: claim[key] for key in ("measure", "target", "where") if key in claim}
    contrasts = [{**shared, **contrast} for contrast in claim["contrasts"]]
    return [(contrast, Measure(contrast["measure"], contrast.get("target"))) for contrast in contrasts]


def contrasts_of(contrasts, experiment):
    for contrast, measure in contrasts:
        where = {path: values if isinstance(values, list) else [values]
                 for path, values in contrast.get("where", {}).items()}  # fmt: skip
        setting = contrast["setting"].removesuffix(".name")
        yield from experiment.contrasts(setting, [contrast["value"], contrast["reference"]], where, measure)


def find_file(claim):
    """(file, id or None) of a file of claims, or of a claim's id in one of claims/."""
    if pathlib.Path(claim).is_file():
        return pathlib.Path(claim), None
    folder = pathlib.Path(__file__).resolve().parents[2] / "claims"
    for file in sorted(folder.glob("*.json")):
        if any(one["id"] == claim for one in read_json(file, "claim")["claims"]):
            return file, claim
    raise Refusal(f"claim: {claim} is neither a file of claims nor the id of a claim in {folder}")


def read_claims(file, wanted, results):
    document = read_json(file, "claim")
    seeds, claims, experiments = sorted(read_seeds(document["seeds"]["final"])), [], {}
    for one in document["claims"]:
        trained = "contrasts" in one and "experiment" in one
        if wanted not in (None, one["id"]) or not trained:
            continue
        contrasts = whole_contrasts(one)
        spec = file.parent / one["experiment"]["spec"]
        if spec not in experiments:
            experiments[spec] = Experiment(spec, results, seeds)
        found = list(contrasts_of(contrasts, experiments[spec]))
        claims.append(Claim(one["id"], one["claim"], document.get("level", 0.05), found))
    return claims


def load_claims(claim, results):
    file, wanted = find_file(claim)
    try:
        claims = read_claims(file, wanted, results)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        problem = f"{file} or its results are not whole ({error!r}); `normlab claims check` says more"
        raise Refusal(f"claim: {problem}") from error
    if not claims:
        raise Refusal(f"claim: {claim} compares no runs that were trained")
    return claims
