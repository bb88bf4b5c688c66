// Statistics of the layers, as a heat map of layers by evaluations for each cell, all on one scale; and gradients of
// recurrent layers by time step.
const overTime = "over time";
const layerNames = {
  gradient_norm: "gradient norm by the layer’s outputs",
  parameter_gradient_norm: "gradient norm by its parameters",
  weight_norm: "norm of its weights",
  "activation.deviation": "deviation of its outputs",
  "activation.mean": "mean of its outputs",
  "activation.zero_fraction": "zeros among its outputs",
};
const logarithmic = (statistic) =>
  statistic === overTime || data.layer_statistics[statistic].match(/norm$|deviation$/) !== null;

// Patterns of page.html, which no colour of the scale is taken for in grey either.
const noNumber = "url(#no-number)";
const zero = "url(#zero)";

// Cividis: its lightness rises all the way, so that it holds in grey and for the colour-blind. Zero has no place on
// a logarithmic scale.
function heatScale(values, log) {
  const usable = values.filter((value) => value != null && (!log || value > 0));
  const [low, high] = d3.extent(usable);
  const position = log ? d3.scaleLog().domain([low, high]) : d3.scaleLinear().domain([low, high]);
  position.range([0, 1]).clamp(true);
  const colour = (value) => {
    if (value == null) return noNumber;
    if (log && value <= 0) return zero;
    return d3.interpolateCividis(low === high ? 0.5 : position(value));
  };
  return { low, high, log, colour };
}

// What a heat map of a cell shows: { title, what, names, values }, with a row of values for each name and a column
// for each evaluation.
function heatMapsOf(cell, statistic) {
  const { names, values, time_steps: recurrent } = cell.layers;
  if (statistic !== overTime) {
    const what = `${names.length} layers`;
    return [{ cell, title: cellName(cell), what, names, values: values[Number(statistic)] }];
  }
  return recurrent.map((layer) => ({
    cell,
    title: recurrent.length > 1 ? `${cellName(cell)}, ${layer.name}` : cellName(cell),
    what: `${layer.at.length} time steps of ${layer.name}`,
    names: layer.at.map((step) => `time step ${step}`),
    values: layer.values,
  }));
}

// Names stand beside rows that are high enough, else beside every fifth.
function heatRow(svg, map, i, scale, { left, columnWidth, rowHeight }) {
  const { epochs, steps } = map.cell.layers;
  const high = rowHeight > 10;
  const y = margins.top + rowHeight * i;
  const middle = y + rowHeight / 2;
  if (high || i % 5 === 0)
    svg.append(
      svgElement("text", { x: left - 5, y: middle, dy: "0.32em", "text-anchor": "end" }, map.names[i]),
    );
  return steps.map((step, j) => {
    const x = left + columnWidth * j;
    const fill = scale.colour(map.values[i][j]);
    svg.append(
      svgElement("rect", { x, y, width: columnWidth + 0.3, height: rowHeight - (high ? 1 : 0), fill }),
    );
    const where = `${map.names[i]}, step ${step} (epoch ${numberText(epochs[j])})`;
    const value = map.values[i][j] == null ? "not finite, or not recorded" : numberText(map.values[i][j], 3);
    return { x: x + columnWidth / 2, y: middle, text: [map.title, where, value] };
  });
}

function heatAxis(svg, steps, { left, columnWidth, width, height, bottom }) {
  const room = Math.max(2, Math.floor((width - left) / 60));
  const every = Math.max(1, Math.ceil(steps.length / room));
  steps.forEach((step, j) => {
    if (j % every !== 0) return;
    const place = { x: left + columnWidth * (j + 0.5), y: bottom + 14, "text-anchor": "middle" };
    svg.append(svgElement("text", place, numberText(step, 6)));
  });
  const place = { x: (left + width) / 2, y: height - 6, "text-anchor": "middle" };
  svg.append(svgElement("text", place, "step"));
}

function heatPanel(map, scale, width) {
  const { steps } = map.cell.layers;
  const rowHeight = map.names.length > 24 ? 9 : 18;
  const left = Math.min(width * 0.4, d3.max(map.names, (name) => name.length) * 6.3 + 12);
  const bottom = margins.top + rowHeight * map.names.length;
  const size = { width, height: bottom + margins.bottom };
  const svg = panelSvg(
    map.title,
    size,
    `${map.title}: ${map.what} at ${steps.length} evaluations; arrow keys read the values`,
  );
  const room = {
    ...size,
    left,
    bottom,
    rowHeight,
    columnWidth: (width - left - margins.right) / steps.length,
  };
  const rows = map.names.map((_, i) => heatRow(svg, map, i, scale, room));
  heatAxis(svg, steps, room);
  makeReadable(svg, rows);
  return element("figure", {}, svg);
}

// Beside the scale, what has no place on it.
function legendBeside(svg, scale) {
  const others = [[noNumber, "not finite, or not recorded"]];
  if (scale.log) others.unshift([zero, "0"]);
  let x = 340;
  for (const [fill, text] of others) {
    svg.append(svgElement("rect", { x, y: 0, width: 24, height: 12, fill, class: "beside" }));
    svg.append(svgElement("text", { x: x + 30, y: 10.5, "font-size": 12 }, text));
    x += 60;
  }
}

function heatLegend(scale) {
  const svg = svgElement("svg", {
    class: "key",
    viewBox: "0 0 600 34",
    width: 600,
    role: "img",
    "aria-label": `colours from ${numberText(scale.low, 3)} to ${numberText(scale.high, 3)}`,
  });
  legendBeside(svg, scale);
  const parts = 64;
  for (let i = 0; i < parts; i += 1)
    svg.append(
      svgElement("rect", {
        x: (i * 320) / parts,
        y: 0,
        width: 320 / parts + 0.3,
        height: 12,
        fill: d3.interpolateCividis(i / (parts - 1)),
      }),
    );
  const middle = scale.log ? Math.sqrt(scale.low * scale.high) : (scale.low + scale.high) / 2;
  [
    [0, scale.low, "start"],
    [160, middle, "middle"],
    [320, scale.high, "end"],
  ].forEach(([x, value, anchor]) =>
    svg.append(
      svgElement("text", { x, y: 27, "text-anchor": anchor, "font-size": 12 }, numberText(value, 3)),
    ),
  );
  return svg;
}

// Where not every evaluation has a column.
function columnsNote(tracked) {
  const thinned = tracked
    .map((cell) => cell.layers)
    .filter((layers) => layers.steps.length < layers.recorded);
  if (!thinned.length) return;
  const drawn = d3.max(thinned, (layers) => layers.steps.length);
  const text =
    `At most ${drawn} of up to ${d3.max(thinned, (layers) => layers.recorded)} evaluations have a column, evenly ` +
    "spaced and the last one; more would be narrower than can be seen.";
  part("layers").append(element("p", { class: "note" }, text));
}

function makeLayers() {
  const tracked = cells.filter((cell) => cell.layers);
  if (!tracked.length) return part("layers").remove();
  columnsNote(tracked);
  const state = { statistic: "0" };
  const key = element("div");
  const draw = (host) => {
    const { statistic } = state;
    const mapsOf = (some) => some.flatMap((cell) => heatMapsOf(cell, statistic));
    const scale = heatScale(
      mapsOf(tracked).flatMap((map) => map.values.flat()),
      logarithmic(statistic),
    );
    key.replaceChildren(heatLegend(scale));
    const maps = mapsOf(shownCells().filter((cell) => cell.layers));
    const size = layout(host, maps.length);
    fillPanels(host, maps, (map) => heatPanel(map, scale, size.width));
  };
  const change = (value) => {
    state.statistic = value;
    redraw();
  };
  const statistics = data.layer_statistics.map((path, i) => [String(i), layerNames[path]]);
  if (tracked.some((cell) => cell.layers.time_steps.length))
    statistics.push([overTime, "gradient norm by the hidden state at each time step"]);
  const redraw = makeSection("layers", [menu("of", statistics, state.statistic, change), key], draw);
  return undefined;
}
