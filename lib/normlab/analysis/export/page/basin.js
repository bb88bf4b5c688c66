// How long it took, and how good it got, against a setting that is a number: the learning rate, where it varies.
const basinMeasures = [
  ["steps", "mean steps to the target"],
  ["epochs", "mean epochs to the target"],
  ["best", "best validation value"],
];

function basinValue(cell, measure) {
  if (measure === "best") {
    const best = cell.row.best_validation;
    return best && best.median != null ? { y: best.median, low: best.minimum, high: best.maximum } : null;
  }
  const found = cell.restricted[measure];
  if (!found) return null;
  const { mean, standard_error: error, horizon } = found;
  return { y: mean, low: Math.max(mean - error, mean * 1e-3), high: mean + error, horizon };
}

// Lines join cells that differ in this setting alone; where several numbers vary together (a random search),
// there is nothing to join.
function basinSeries(members, setting, others, measure) {
  const lines = new Map();
  for (const cell of members) {
    const value = basinValue(cell, measure);
    const x = setting.get(cell.row);
    if (!value || x == null) continue; // a norm may lack a setting that another has
    const key = setting === seriesDimension ? cell.norm : seriesDimension.text(cell);
    const range =
      Number.isFinite(value.low) && Number.isFinite(value.high)
        ? ` (${numberText(value.low)} to ${numberText(value.high)})`
        : "";
    const horizon = value.horizon ? `, up to ${numberText(value.horizon, 6)}` : "";
    const name = basinMeasures.find((one) => one[0] === measure)[1];
    const text = [
      cellName(cell),
      `${name}: ${numberText(value.y)}${range}${horizon}`,
      `${cell.row.reached_target} of ${cell.row.runs} runs reached the target`,
    ];
    if (!lines.has(key)) lines.set(key, []);
    lines.get(key).push({ ...value, x, text });
  }
  return [...lines].map(([key, points]) => ({
    look: look(key),
    points: points.sort((a, b) => a.x - b.x),
    line: others === 0,
    marks: true,
    width: 1.8,
  }));
}

const preferredOf = (settings) =>
  settings.find((one) => one.name.endsWith("learning_rate")) ||
  settings.find((one) => one.name !== "batch size") ||
  settings[0];

function drawBasin(host, state, settings) {
  const setting = dimension(state.setting);
  const others = settings.filter((one) => one !== setting && one.name !== "batch size");
  const panels = panelsOf(shownCells(), [setting.name, ...others.map((one) => one.name)])
    .map((panel) => ({
      title: panel.name,
      series: basinSeries(panel.cells, setting, others.length, state.measure),
    }))
    .filter((panel) => panel.series.length);
  const values = setting.values.map(Number).filter(Number.isFinite);
  const log = values.every((value) => value > 0) && d3.max(values) / d3.min(values) >= 5;
  const ticks = values.length <= 8 && log ? values : undefined;
  drawPanels(host, panels, {
    x: { label: label(setting.name), log, ticks },
    y: { label: basinMeasures.find((one) => one[0] === state.measure)[1], log: state.measure !== "best" },
  });
}

function makeBasin() {
  const settings = varying.filter((one) => one.numeric);
  const usable = basinMeasures.filter(([measure]) => cells.some((cell) => basinValue(cell, measure)));
  if (!settings.length || !usable.length) return part("basin").remove();
  const state = { setting: preferredOf(settings).name, measure: usable[0][0] };
  const set = (name) => (value) => {
    state[name] = value;
    redraw();
  };
  const names = settings.map((one) => [one.name, label(one.name)]);
  const controls = [
    menu("against", names, state.setting, set("setting")),
    menu("shown", usable, state.measure, set("measure")),
  ];
  const redraw = makeSection("basin", controls, (host) => drawBasin(host, state, settings));
  return undefined;
}
