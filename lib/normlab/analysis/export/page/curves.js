// Learning curves: a panel for each model, batch size and further setting, a line for each norm.
const xAxes = {
  epochs: { name: "epochs", label: "epochs" },
  steps: { name: "steps", label: "steps" },
  seconds: { name: "time", label: "seconds of training (steps × time of a step)" },
};

// Steps compare at one batch size alone, and seconds within a model.
function axisGroup(cell, axis) {
  if (axis === "epochs") return "";
  return axis === "steps" ? `${cell.row.model} ${cell.row.batch_size}` : cell.row.model;
}

// Of steps timed apart, or else of the run itself.
const stepTimeOf = (cell, run) => cell.row.step_seconds?.median ?? run.step_seconds?.[1] ?? NaN;

// Positions of evaluations. A run has its own only where they are not the cell's.
function positions(cell, run, axis) {
  const steps = (run && run.steps) || cell.steps;
  if (axis === "epochs") return (run && run.epochs) || cell.epochs;
  if (axis === "steps") return steps;
  const step = run ? stepTimeOf(cell, run) : medianStepTime(cell);
  return steps.map((count) => count * step);
}

const xText = {
  epochs: (x) => `epoch ${numberText(x)}`,
  steps: (x) => `step ${Math.round(x)}`,
  seconds: secondsText,
};

function pointText(cell, what, axis, x, quantity, y) {
  const unit = quantity.unit && quantity.unit !== "fraction" ? ` ${quantity.unit}` : "";
  return [cellName(cell), `${what}, ${xText[axis](x)}`, `${quantity.label} ${numberText(y)}${unit}`];
}

// A filled mark where the target was reached, a star at the end of a run that diverged.
function endMarks(run, points, look, steps) {
  const last = points[points.length - 1];
  const marks = [];
  if (run.reached_step != null) {
    const at = points[steps.findIndex((step) => step >= run.reached_step)];
    if (at) marks.push({ ...at, symbol: look.symbol });
  }
  if (last && run.status === "diverged") marks.push({ ...last, symbol: d3.symbolStar, hollow: true });
  return marks;
}

function seedSeries(cell, state, index) {
  const quantity = data.quantities[index];
  return cell.runs.map((run) => {
    const xs = positions(cell, run, state.axis);
    const points = (run.values[index] || []).map((y, i) => ({ x: xs[i], y: y == null ? NaN : y }));
    for (const point of points)
      point.text = pointText(cell, `seed ${run.seed}`, state.axis, point.x, quantity, point.y);
    return {
      look: lookOf(cell),
      points,
      line: true,
      width: 1.3,
      ends: endMarks(run, points, lookOf(cell), run.steps || cell.steps),
    };
  });
}

// Where the median is a number, an end of the range that is none is infinite: a run has diverged.
function bandPoints(cell, state, index) {
  const [low, median, high] = cell.bands[index];
  const xs = positions(cell, null, state.axis);
  const known = (y, end, otherwise) => (y == null ? NaN : (end ?? otherwise));
  const endText = (end) => (end == null ? "diverged" : numberText(end));
  return median.map((y, i) => {
    const range = `${endText(low[i])} to ${endText(high[i])}`;
    const what = `median of ${cell.counted} seeds, of which ${cell.training[i]} have not stopped; ${range}`;
    return {
      x: xs[i],
      y: y == null ? NaN : y,
      low: known(y, low[i], -Infinity),
      high: known(y, high[i], Infinity),
      runs: cell.training[i],
      text: pointText(cell, what, state.axis, xs[i], data.quantities[index], y),
    };
  });
}

// The median is whole for as long as no run has stopped, thin while at least half of them go on, and ends there.
function bandSeries(cell, state, index) {
  if (!cell.bands[index]) return [];
  const points = bandPoints(cell, state, index);
  const all = points.filter((point) => point.runs === cell.counted);
  const rest = points.filter((point) => point.runs < cell.counted && point.runs * 2 >= cell.counted);
  if (all.length && rest.length) rest.unshift({ ...all[all.length - 1], text: null });
  const plain = (list) => list.map(({ x, y, text }) => ({ x, y, text }));
  const series = [{ look: lookOf(cell), points: plain(all), line: true, width: 2.2, area: all }];
  if (rest.length > 1)
    series.push({ look: lookOf(cell), points: plain(rest), line: true, width: 1, area: rest });
  return series;
}

// The number of a target such as "validation.error<=0.02 for 2" if it is of this quantity.
function thresholdOf(target, path) {
  const parts = /^([\w.]+)(<=|>=)([-+.\deE]+)/.exec(target || "");
  return parts && parts[1] === path ? Number(parts[3]) : null;
}

function curvePanels(state, index) {
  const { path } = data.quantities[index];
  const seriesOf = state.show === "seeds" ? seedSeries : bandSeries;
  return panelsOf(shownCells())
    .map((panel) => ({
      title: panel.name,
      group: axisGroup(panel.cells[0], state.axis),
      series: panel.cells.flatMap((cell) => seriesOf(cell, state, index)),
      rules: [...new Set(panel.cells.map((cell) => thresholdOf(cell.row.target, path)))].filter(
        (y) => y != null,
      ),
    }))
    .filter((panel) => panel.series.some((series) => series.points.length));
}

function curveControls(state, set) {
  const quantities = data.quantities.map((one, i) => [String(i), one.label]);
  const axes = Object.entries(xAxes).map(([key, axis]) => [key, axis.name]);
  const shows = [
    ["seeds", "every seed"],
    ["bands", "median and range"],
  ];
  const scales = [
    ["linear", "linear"],
    ["log", "logarithmic"],
  ];
  return [
    menu("of", quantities, state.quantity, set("quantity")),
    choice("by", axes, state.axis, set("axis")),
    choice("show", shows, state.show, set("show")),
    choice("scale", scales, state.log, set("log")),
  ];
}

function makeCurves() {
  if (!data.quantities.length) return part("curves").remove();
  const most = d3.max(cells, (cell) => cell.runs.length) || 0;
  const manySeeds = 6;
  const state = { axis: "epochs", quantity: "0", show: most > manySeeds ? "bands" : "seeds", log: "linear" };
  const draw = (host) => {
    const index = Number(state.quantity);
    drawPanels(host, curvePanels(state, index), {
      x: { label: xAxes[state.axis].label, zero: true },
      y: { label: data.quantities[index].label, log: state.log === "log" },
    });
  };
  const set = (name) => (value) => {
    state[name] = value;
    redraw();
  };
  const redraw = makeSection("curves", curveControls(state, set), draw);
  return undefined;
}
