// Statistics of the layers, as a heat map of layers by evaluations for each cell, all on one scale.
const layerNames = {
  gradient_norm: "gradient norm by the layer’s outputs",
  parameter_gradient_norm: "gradient norm by its parameters",
  "activation.deviation": "deviation of its outputs",
  "activation.mean": "mean of its outputs",
  "activation.zero_fraction": "zeros among its outputs",
};
const logarithmic = (statistic) =>
  statistic.endsWith("gradient_norm") || statistic === "activation.deviation";

// Cividis: its lightness rises all the way, so that it holds in grey and for the colour-blind.
function heatScale(values, log) {
  const usable = values.filter((value) => value != null && (!log || value > 0));
  const [low, high] = d3.extent(usable);
  const position = log ? d3.scaleLog().domain([low, high]) : d3.scaleLinear().domain([low, high]);
  position.range([0, 1]).clamp(true);
  const colour = (value) =>
    value == null
      ? "none"
      : d3.interpolateCividis(low === high ? 0.5 : log && value <= 0 ? 0 : position(value));
  return { low, high, log, colour };
}

function heatPanel(cell, index, scale, width) {
  const { names, epochs, steps, values } = cell.layers;
  const rowHeight = names.length > 24 ? 9 : 18;
  const left = Math.min(width * 0.4, d3.max(names, (name) => name.length) * 6.3 + 12);
  const size = { width, height: margins.top + margins.bottom + rowHeight * names.length };
  const svg = panelSvg(
    cellName(cell),
    size,
    `${cellName(cell)}: ${names.length} layers at ${steps.length} evaluations; arrow keys read the values`,
  );
  const columnWidth = (width - left - margins.right) / steps.length;
  const rows = names.map((name, i) => {
    const y = margins.top + rowHeight * i;
    if (rowHeight > 10 || i % 5 === 0)
      svg.append(
        svgElement("text", { x: left - 5, y: y + rowHeight / 2, dy: "0.32em", "text-anchor": "end" }, name),
      );
    return steps.map((step, j) => {
      const value = values[index][i][j];
      const x = left + columnWidth * j;
      svg.append(
        svgElement("rect", {
          x,
          y,
          width: columnWidth + 0.3,
          height: rowHeight - (rowHeight > 10 ? 1 : 0),
          fill: scale.colour(value),
        }),
      );
      return {
        x: x + columnWidth / 2,
        y: y + rowHeight / 2,
        text: [
          cellName(cell),
          `${name}, step ${step} (epoch ${numberText(epochs[j])})`,
          numberText(value, 3),
        ],
      };
    });
  });
  const bottom = margins.top + rowHeight * names.length;
  const every = Math.max(1, Math.ceil(steps.length / Math.max(2, Math.floor((width - left) / 60))));
  steps.forEach((step, j) => {
    if (j % every === 0)
      svg.append(
        svgElement(
          "text",
          { x: left + columnWidth * (j + 0.5), y: bottom + 14, "text-anchor": "middle" },
          numberText(step, 6),
        ),
      );
  });
  svg.append(
    svgElement("text", { x: (left + width) / 2, y: size.height - 6, "text-anchor": "middle" }, "step"),
  );
  makeReadable(svg, rows);
  return element("figure", {}, svg);
}

function heatLegend(scale) {
  const svg = svgElement("svg", {
    class: "key",
    viewBox: "0 0 320 34",
    width: 320,
    role: "img",
    "aria-label": `colours from ${numberText(scale.low, 3)} to ${numberText(scale.high, 3)}`,
  });
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

function makeLayers() {
  if (!cells.some((cell) => cell.layers)) return part("layers").remove();
  const state = { statistic: "0" };
  const key = element("div");
  const draw = (host) => {
    const index = Number(state.statistic);
    const shown = shownCells().filter((cell) => cell.layers);
    const values = cells.filter((cell) => cell.layers).flatMap((cell) => cell.layers.values[index].flat());
    const scale = heatScale(values, logarithmic(data.layer_statistics[index]));
    key.replaceChildren(heatLegend(scale));
    const size = layout(host, shown.length);
    fillPanels(host, shown, (cell) => heatPanel(cell, index, scale, size.width));
  };
  const change = (value) => {
    state.statistic = value;
    redraw();
  };
  const statistics = data.layer_statistics.map((path, i) => [String(i), layerNames[path]]);
  const redraw = makeSection("layers", [menu("of", statistics, state.statistic, change), key], draw);
  return undefined;
}
