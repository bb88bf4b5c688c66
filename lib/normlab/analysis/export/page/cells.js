// The table of cells, and what stands above it.
const spreadOrder = (spread) =>
  !spread || spread.median_status === "not_measured" ? NaN : spread.median == null ? Infinity : spread.median;

function spreadNode(spread, text) {
  if (!spread || spread.median_status === "not_measured") return "—";
  const shown = (value) => (value == null ? "∞" : text(value));
  if (spread.median == null) return "not reached";
  const range =
    spread.minimum === spread.maximum && spread.not_reached === 0
      ? null
      : ` (${shown(spread.minimum)}–${shown(spread.maximum)})`;
  return element("span", {}, shown(spread.median), range && element("small", {}, range));
}

const countText = (value) => String(Math.round(value));
const columnOf = (name, get, text, order = get) => ({ name, get, text, order });
const spreadColumn = (name, path, text) =>
  columnOf(
    name,
    (cell) => cell.row[path],
    (cell) => spreadNode(cell.row[path], text),
    (cell) => spreadOrder(cell.row[path]),
  );

function restrictedText(cell) {
  const found = cell.restricted.steps;
  if (!found) return "—";
  const title = `Kaplan–Meier, up to ${numberText(found.horizon, 6)} steps`;
  const error = element("small", {}, ` ± ${countText(found.standard_error)}`);
  return element("span", { title }, countText(found.mean), error);
}

function medianStepTime(cell) {
  const times = cell.runs.map((run) => stepTimeOf(cell, run)).filter(Number.isFinite);
  return times.length ? d3.median(times) : NaN;
}

// After ≥, runs missed: the mean is of what all took until then.
function secondsNode(seconds) {
  if (!seconds) return "—";
  const { mean, low, high, censored, horizon } = seconds;
  const range = low == null ? null : element("small", {}, ` (${secondsText(low)}–${secondsText(high)})`);
  const title = `up to ${secondsText(horizon)}`;
  return element("span", { title }, `${censored ? "≥ " : ""}${secondsText(mean)}`, range);
}

// Of steps that were timed apart: clocks of runs beside each other do not compare.
function timedColumns() {
  if (!timedApart) return [];
  const step = (cell) => cell.row.step_seconds?.median;
  const seconds = (cell) => cell.row.seconds?.mean;
  return [
    columnOf("time per step", step, (cell) => secondsText(step(cell))),
    columnOf("mean seconds", seconds, (cell) => secondsNode(cell.row.seconds)),
  ];
}

const remarks = (row) => row.reasons.join("; ");

const settingColumns = () =>
  allDimensions
    .filter((one) => one.values.length > 1 || one === seriesDimension)
    .map((one) => ({
      name: label(one.name),
      number: one.numeric,
      order: (cell) => one.get(cell.row),
      text: (cell) =>
        one === seriesDimension
          ? element("span", { class: "named" }, swatch(one.text(cell)), one.text(cell))
          : one.text(cell),
    }));

// Among how many values that of the row is the best.
function choiceColumn() {
  const tried = (cell) => cell.row.best_of.candidates;
  const edge = (cell) => cell.row.best_of.edge;
  const text = (cell) =>
    element("span", {}, tried(cell) || "—", edge(cell) && element("small", {}, ` (${edge(cell)})`));
  return columnOf("best of", tried, text);
}

function measuredColumns() {
  const test = summary.rows.map((row) => row.test_metric).find((name) => name) || "";
  const reached = (cell) => cell.row.reached_target / cell.row.runs;
  const runs = (cell) => cell.row.runs;
  const mean = (cell) => cell.restricted.steps?.mean;
  const columns = summary.targets.length
    ? [columnOf("reached", reached, (cell) => `${cell.row.reached_target}/${cell.row.runs}`)]
    : [columnOf("runs", runs, runs)];
  if (summary.best) columns.unshift(choiceColumn());
  columns.push(spreadColumn("epochs", "epochs", (value) => numberText(value, 4)));
  columns.push(spreadColumn("steps", "steps", countText));
  if (summary.targets.length) columns.push(columnOf("mean steps, restricted", mean, restrictedText));
  columns.push(...timedColumns());
  const quality = label(test || "metric");
  columns.push(
    spreadColumn(`best validation ${quality}`, "best_validation", (value) => numberText(value, 4)),
  );
  columns.push(
    spreadColumn(`final validation ${quality}`, "final_validation", (value) => numberText(value, 4)),
  );
  if (test) columns.push(spreadColumn(`test ${label(test)}`, "test", (value) => numberText(value, 4)));
  return columns.map((column) => ({ ...column, number: true }));
}

function tableColumns() {
  const columns = [...settingColumns(), ...measuredColumns()];
  const remarksOf = (cell) => remarks(cell.row);
  if (cells.some(remarksOf)) columns.push(columnOf("", remarksOf, remarksOf));
  return columns;
}

// What is not known comes last, in both directions.
function compareBy(column, direction) {
  const unknown = (value) => value == null || Number.isNaN(value);
  return (one, other) => {
    const a = column.order(one),
      b = column.order(other);
    if (unknown(a) || unknown(b)) return unknown(a) - unknown(b) || one.index - other.index;
    const difference =
      typeof a === "number" && typeof b === "number"
        ? a === b
          ? 0
          : a - b
        : settingText(a).localeCompare(settingText(b));
    return direction * difference || one.index - other.index;
  };
}

// A heading that sorts by its column, once more the other way round.
function sortingHead(column, sorting, fill) {
  const button = element("button", { type: "button" }, column.name || "remarks");
  const head = element("th", { scope: "col", class: column.number && "number", "aria-sort": "none" }, button);
  button.addEventListener("click", () => {
    sorting.direction = sorting.column === column ? -sorting.direction : 1;
    sorting.column = column;
    for (const other of head.parentNode.children) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", sorting.direction > 0 ? "ascending" : "descending");
    fill();
  });
  return head;
}

function cellsNote() {
  const targets = summary.targets.length > 0;
  const counted = targets ? "up to the evaluation at which the target was reached" : "of the whole run";
  const restricted =
    "The restricted mean counts such a run as censored (Kaplan–Meier), up to a point that all norms of a comparison " +
    "reach; ± is its standard error. ";
  const ofSeconds =
    "Mean seconds are the mean number of a cell’s own steps times the time of a step, as timed apart, with the 95 % " +
    "interval of both; after ≥, runs missed, and the mean is of what all took until then, so that it does not " +
    "compare with that of another cell. ";
  return (
    `Epochs and steps are ${counted}: median over seeds and their range; a run that misses counts as infinite. ` +
    (targets ? restricted : "") +
    (timedApart ? ofSeconds : "") +
    "Headings sort."
  );
}

function choiceNodes() {
  if (!summary.best) return [];
  const text =
    `Each row has the best of the values of ${summary.best.join(", ")} that were tried: by the mean of steps to the ` +
    "target, and between equal ones by the best validation value. The seeds that chose are those that are shown, " +
    "which flatters a row the more, the more it had to choose from.";
  return [element("p", { class: "warning" }, text)];
}

function makeCells() {
  const columns = tableColumns();
  const body = element("tbody");
  const sorting = { column: null, direction: 1 };
  const cellIn = (column, cell) => element("td", { class: column.number && "number" }, column.text(cell));
  const fill = () => {
    const shown = shownCells();
    if (sorting.column) shown.sort(compareBy(sorting.column, sorting.direction));
    body.replaceChildren(
      ...shown.map((cell) => element("tr", {}, ...columns.map((column) => cellIn(column, cell)))),
    );
  };
  const heads = columns.map((column) => sortingHead(column, sorting, fill));
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads)), body);
  part("cells").append(
    element("p", { class: "note" }, cellsNote()),
    ...choiceNodes(),
    element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Cells" }, table),
  );
  filterListeners.push(fill);
}

function entry(list, name, value) {
  const text = Array.isArray(value) ? value.join("; ") : value;
  if (text) list.append(element("dt", {}, name), element("dd", {}, text));
}

function makeAsked() {
  const section = part("asked");
  const list = element("dl");
  const paper = data.spec && data.spec.paper;
  entry(
    list,
    "from",
    paper && [paper.reference, paper.section && `section ${paper.section}`].filter((part) => part).join(", "),
  );
  entry(
    list,
    "trained",
    summary.models.length ? `${summary.models.join(", ")} on ${summary.datasets.join(", ")}` : "",
  );
  entry(list, "models", summary.model_sizes);
  entry(list, "target", summary.targets.length ? summary.targets : "none was set");
  for (const one of varying) entry(list, label(one.name), one.values.join(", "));
  for (const [setting, values] of Object.entries(summary.settings_by_model)) entry(list, setting, values);
  entry(list, "seeds", summary.seeds.join(", "));
  section.append(list);
  for (const warning of summary.warnings) section.append(element("p", { class: "warning" }, warning));
}

// As a shell reads it, as shell_word() of core has it.
const shellWord = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, "'\\''")}'`);

function commandsNode(folders) {
  const commands = folders.map((folder) => `normlab sweep ${folder}/sweep.json --out ${folder}`);
  const words = [...folders, "--format", "html", ...data.asked.map(shellWord)];
  commands.push(`normlab report ${words.join(" ")} > report.html`);
  return [
    element("p", {}, "These commands make the runs that are missing, and this page again:"),
    element("pre", {}, commands.join("\n")),
  ];
}

function makeOrigin() {
  const section = part("origin");
  const list = element("dl");
  entry(list, "machine", summary.machines);
  entry(list, "versions", summary.versions);
  section.append(list);
  const folders = (data.folders || []).map(shellWord);
  if (data.claims) entry(list, "records", data.folders);
  else section.append(...commandsNode(folders));
  section.append(...thinnedNode(data.stride));
  const doubts = summary.rows.flatMap((row) =>
    row.time_warnings.map((text) => `${row.model}, ${row.norm}, batch size ${row.batch_size}, ${text}`),
  );
  if (doubts.length)
    section.append(
      element(
        "details",
        {},
        element("summary", {}, "Times that can be doubted"),
        element("pre", {}, doubts.join("\n")),
      ),
    );
  if (data.spec)
    section.append(
      element(
        "details",
        {},
        element("summary", {}, "The experiment, as it was run"),
        element("pre", {}, JSON.stringify(data.spec, null, 2)),
      ),
    );
}
