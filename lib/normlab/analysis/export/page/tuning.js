// The trials of a search (tuned.json): steps to the target, or the loss, against what was tried.
const tunedCells = (data.tuned || []).flatMap((search) =>
  search.cells.map((cell) => ({ ...cell, settings: search.settings, logarithmic: search.logarithmic })),
);
const filterNames = { "model.name": "model", "norm.name": "norm", batch_size: "batch size" };
const filterName = (path) => filterNames[path] || path;
const whenText = (path, value) =>
  ["model.name", "norm.name"].includes(path)
    ? settingText(value)
    : `${label(filterName(path))} ${settingText(value)}`;
const tunedName = (cell, except = []) =>
  Object.entries(cell.when)
    .filter(([path]) => !except.includes(path))
    .map(([path, value]) => whenText(path, value))
    .join(", ");

// Filtered as the cells are, by what they have in common with these.
const isTunedShown = (cell) =>
  Object.entries(cell.when).every(
    ([path, value]) => !filterState.hidden.get(filterName(path))?.has(settingText(value)),
  ) && filterState.text.split(/\s+/).every((word) => tunedName(cell).toLowerCase().includes(word));

const tunedNorms = [...new Set(tunedCells.map((cell) => settingText(cell.when["norm.name"] ?? "all norms")))];
const tunedNorm = (cell) => settingText(cell.when["norm.name"] ?? "all norms");
const tunedLook = (norm) => (looks[norm] ? lookNamed(norm) : lookAt(tunedNorms.indexOf(norm)));

// Of a trial that was cut, the mean over the whole budget is known to lie between `low` and `high`: a run that
// had not reached the target by then may have done so at the next step, or never.
function tunedBounds(trial, budget) {
  const last = trial.compared[trial.compared.length - 1];
  const missed = 1 - last.reached / trial.runs;
  return { low: last.mean_steps, high: last.mean_steps + missed * Math.max(0, budget - last.steps) };
}
const budgetOf = (cell) => d3.max(cell.trials, (trial) => trial.compared[trial.compared.length - 1].steps);

const tunedViews = {
  steps: { name: "mean steps, whole budget", label: "mean steps to the target", log: true },
  first: { name: "mean steps, up to the first comparison", label: "mean steps to the target", log: true },
  loss: {
    name: "best validation loss, up to the first comparison",
    label: "best validation loss",
    log: true,
  },
};

// The number of a trial in a view, with what is known of it.
function tunedValue(cell, trial, view) {
  const first = trial.compared[0];
  if (view === "loss") return { y: first.best_validation_loss ?? NaN };
  if (view === "first") return { y: first.mean_steps };
  const { low, high } = tunedBounds(trial, budgetOf(cell));
  return trial.cut ? { y: low, low, high } : { y: low };
}

function trialText(cell, trial, place) {
  const last = trial.compared[trial.compared.length - 1];
  const set = cell.settings.map((path, i) => `${label(path)} ${settingText(trial.set[i])}`).join(", ");
  const loss =
    last.best_validation_loss == null ? "diverged" : `best loss ${numberText(last.best_validation_loss)}`;
  const end = trial.cut ? `cut after ${last.steps} steps` : `${last.steps} steps`;
  return [
    `${tunedName(cell)}: ${set}${place === cell.chosen ? ", chosen" : ""}`,
    `mean steps ${trial.cut ? "at least " : ""}${numberText(last.mean_steps, 5)}, ${end}`,
    `${last.reached} of ${trial.runs} runs reached the target, ${loss}`,
  ];
}

function tunedSeries(cell, setting, view) {
  const at = cell.settings.indexOf(setting);
  const style = tunedLook(tunedNorm(cell));
  const points = cell.trials
    .map((trial, place) => ({
      ...tunedValue(cell, trial, view),
      x: Number(trial.set[at]),
      text: trialText(cell, trial, place),
      cut: trial.cut,
      chosen: place === cell.chosen,
    }))
    .sort((a, b) => a.x - b.x);
  const joined = view === "steps" ? points.filter((point) => !point.cut) : points;
  const rings = points.filter((point) => point.chosen).map(({ x, y }) => ({ x, y, ring: true }));
  const series = [
    { look: style, points: joined, line: cell.settings.length === 1, marks: true, width: 1.8, ends: rings },
  ];
  if (joined.length < points.length)
    series.push({ look: style, points: points.filter((point) => point.cut), marks: true, hollow: true });
  return series;
}

function tunedPanels(setting, view) {
  const panels = new Map();
  for (const cell of tunedCells.filter((one) => isTunedShown(one) && one.settings.includes(setting))) {
    const title = tunedName(cell, ["norm.name"]) || summary.name;
    if (!panels.has(title)) panels.set(title, []);
    panels.get(title).push(...tunedSeries(cell, setting, view));
  }
  return [...panels].map(([title, series]) => ({ title, series }));
}

// From the least to the largest value whose trials are known to need at most twice the steps of the best; a
// trial that was cut may be one of them or not.
function basinText(cell, at) {
  const numbers = cell.trials.filter((trial) => typeof trial.set[at] === "number");
  const budget = budgetOf(cell);
  const chosen = cell.trials[cell.chosen];
  const limit = 2 * tunedBounds(chosen, budget).low;
  if (chosen.compared[chosen.compared.length - 1].reached === 0 || numbers.length === 0) return "—";
  const span = (trials) => d3.extent(trials, (trial) => trial.set[at]);
  const range = ([low, high]) => (low === high ? numberText(low) : `${numberText(low)}–${numberText(high)}`);
  const sure = span(numbers.filter((trial) => tunedBounds(trial, budget).high <= limit));
  const most = span(numbers.filter((trial) => tunedBounds(trial, budget).low <= limit));
  const known = sure[0] == null ? "—" : range(sure);
  return sure[0] === most[0] && sure[1] === most[1] ? known : `${known} (at most ${range(most)})`;
}

function tunedRow(cell, settings) {
  const chosen = cell.trials[cell.chosen];
  const last = chosen.compared[chosen.compared.length - 1];
  const norm = tunedNorm(cell);
  const values = settings.flatMap((path) => {
    const at = cell.settings.indexOf(path);
    return at < 0 ? ["—", "—"] : [settingText(chosen.set[at]), basinText(cell, at)];
  });
  const texts = [
    tunedName(cell, ["norm.name"]) || "all",
    element("span", { class: "named" }, swatchOf(tunedLook(norm)), norm),
    ...values,
    `${numberText(last.mean_steps, 5)} of ${last.steps}`,
    `${last.reached}/${chosen.runs}`,
    `${cell.trials.length}, ${cell.trials.filter((trial) => trial.cut).length} cut`,
    [cell.widened ? `widened ${cell.widened}×` : "", cell.at_end.length ? "at the end of its range" : ""]
      .filter((text) => text)
      .join(", "),
  ];
  return element("tr", {}, ...texts.map((text) => element("td", {}, text)));
}

function tunedTable(settings, body) {
  const heads = [
    "cell",
    "norm",
    ...settings.flatMap((path) => [`${label(path)} chosen`, "within twice its steps"]),
    "mean steps",
    "reached",
    "trials",
    "space",
  ];
  const head = element("tr", {}, ...heads.map((name) => element("th", { scope: "col" }, name)));
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "What was chosen" },
    element("table", {}, element("thead", {}, head), body),
  );
}

// Settings that every trial has as a number: what trials can be drawn against.
function numericSettings(settings) {
  const isNumeric = (cell, path) => {
    const at = cell.settings.indexOf(path);
    return at < 0 || cell.trials.every((trial) => typeof trial.set[at] === "number");
  };
  return settings.filter((path) => tunedCells.every((cell) => isNumeric(cell, path)));
}

function drawTuning(host, { setting, view }) {
  const log = tunedCells.some((cell) => cell.logarithmic[cell.settings.indexOf(setting)]);
  const { label: name, log: logY } = tunedViews[view];
  const axes = { x: { label: label(setting), log }, y: { label: name, log: logY } };
  drawPanels(host, tunedPanels(setting, view), axes);
}

function makeTuningChart(numeric) {
  const state = { setting: numeric[0], view: "steps" };
  const set = (name) => (value) => {
    state[name] = value;
    redraw();
  };
  const views = Object.entries(tunedViews).map(([key, view]) => [key, view.name]);
  const controls = [menu("shown", views, state.view, set("view"))];
  const names = numeric.map((path) => [path, label(path)]);
  if (numeric.length > 1) controls.unshift(menu("against", names, state.setting, set("setting")));
  const redraw = makeSection("tuning", controls, (host) => drawTuning(host, state));
}

function makeTuning() {
  const section = part("tuning");
  if (tunedCells.length === 0) return section.remove();
  const settings = [...new Set(tunedCells.flatMap((cell) => cell.settings))];
  const body = element("tbody");
  filterListeners.push(() =>
    body.replaceChildren(...tunedCells.filter(isTunedShown).map((cell) => tunedRow(cell, settings))),
  );
  section.append(tunedTable(settings, body));
  const numeric = numericSettings(settings);
  if (numeric.length > 0) makeTuningChart(numeric);
  return undefined;
}
