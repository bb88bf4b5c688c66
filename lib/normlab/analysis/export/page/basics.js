// What all parts of the page use: its data, elements, numbers as text, and how each series looks.
const data = JSON.parse(document.getElementById("data").textContent);
const summary = data.summary;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== false && value != null) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

function svgElement(name, attributes = {}, text = null) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) if (value != null) made.setAttribute(key, value);
  if (text !== null) made.textContent = text;
  return made;
}

function numberText(value, digits = 4) {
  if (value == null || !Number.isFinite(value)) return "—";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e7) return String(Number(value.toPrecision(digits)));
  return value.toExponential(digits - 1).replace(/\.?0+e\+?/, "e");
}

function secondsText(value) {
  if (value == null || !Number.isFinite(value)) return "—";
  if (value < 1e-3) return `${numberText(value * 1e6, 3)} µs`;
  if (value < 1) return `${numberText(value * 1e3, 3)} ms`;
  return `${numberText(value, 3)} s`;
}

const settingText = (value) =>
  value == null ? "—" : typeof value === "string" ? value : JSON.stringify(value);

// "learning rate" for optimizer.learning_rate, if no other column ends like it.
function label(path) {
  const last = path.split(".").pop();
  const alike = data.columns.filter((column) => column.split(".").pop() === last);
  return (alike.length > 1 ? path : last).replace(/_/g, " ");
}

// A cell is a row of the summary with its curves.
const cells = summary.rows.map((row, index) => ({
  index,
  row,
  norm: row.norm,
  runs: [],
  bands: [],
  restricted: {},
  ...(data.cells[index] || {}),
}));

// Settings by which cells differ, each with its values in the order of the rows.
function dimensions() {
  const found = [
    ["model", (row) => row.model],
    ["norm", (row) => row.norm],
    ["batch size", (row) => row.batch_size],
  ];
  for (const column of data.columns) found.push([column, (row) => row.settings[column]]);
  return found.map(([name, get]) => {
    const values = [...new Set(cells.map((cell) => settingText(get(cell.row))))];
    const numeric = cells.every((cell) => get(cell.row) == null || typeof get(cell.row) === "number");
    if (numeric) values.sort((a, b) => Number(a) - Number(b));
    return { name, get, values, numeric, text: (cell) => settingText(get(cell.row)) };
  });
}
const allDimensions = dimensions();
const dimension = (name) => allDimensions.find((one) => one.name === name);
const varying = allDimensions.filter((one) => one.values.length > 1);

// What colours stand for: the norm, or where there is but one norm another setting of few values.
const fewValues = 8;
const seriesDimension =
  dimension("norm").values.length > 1
    ? dimension("norm")
    : varying.find((one) => one.name !== "model" && one.values.length <= fewValues) || dimension("norm");

const looks = {
  none: ["2.5 2.5", "circle"],
  batch: ["9 4", "square"],
  layer: ["", "triangle"],
  rms: ["9 3 2 3", "diamond"],
  group: ["15 4", "cross"],
  instance: ["5 2", "star"],
  weight: ["1.5 4", "wye"],
  dyt: ["12 3 2 3 2 3", "circle"],
};
const symbols = {
  circle: d3.symbolCircle,
  square: d3.symbolSquare,
  triangle: d3.symbolTriangle,
  diamond: d3.symbolDiamond,
  cross: d3.symbolCross,
  star: d3.symbolStar,
  wye: d3.symbolWye,
};

// { colour, dash, symbol } of a value of seriesDimension.
function look(value) {
  const names = Object.keys(looks);
  const place = seriesDimension.values.indexOf(value);
  const name =
    seriesDimension.name === "norm" && looks[value] ? value : names[Math.max(place, 0) % names.length];
  return { colour: `var(--${name})`, dash: looks[name][0], symbol: symbols[looks[name][1]] };
}
const lookOf = (cell) => look(seriesDimension.text(cell));

function swatch(value) {
  const { colour, dash, symbol } = look(value);
  const made = svgElement("svg", { class: "swatch", viewBox: "0 0 34 12", "aria-hidden": "true" });
  made.append(
    svgElement("line", {
      x1: 0,
      x2: 34,
      y1: 6,
      y2: 6,
      "stroke-width": 2,
      "stroke-dasharray": dash,
      style: `stroke:${colour}`,
    }),
  );
  made.append(
    svgElement("path", {
      d: d3.symbol().type(symbol).size(40)(),
      transform: "translate(17,6)",
      style: `fill:${colour}`,
    }),
  );
  return made;
}

// Those of the names that vary and are not excepted, as the title of a panel: "lstm, batch size 4".
function panelTitle(cell, except) {
  const parts = varying
    .filter((one) => one !== seriesDimension && !except.includes(one.name))
    .map((one) => (one.name === "model" ? one.text(cell) : `${label(one.name)} ${one.text(cell)}`));
  return parts.join(", ") || cell.row.model;
}

const cellName = (cell) =>
  allDimensions
    .filter((one) => one.values.length > 1 || ["model", "norm"].includes(one.name))
    .map((one) =>
      one.name === "model" || one.name === "norm" ? one.text(cell) : `${label(one.name)} ${one.text(cell)}`,
    )
    .join(", ");

// { name, cells } in the order of the cells.
function panelsOf(shown, except = []) {
  const panels = new Map();
  for (const cell of shown) {
    const name = panelTitle(cell, except);
    if (!panels.has(name)) panels.set(name, []);
    panels.get(name).push(cell);
  }
  return [...panels].map(([name, members]) => ({ name, cells: members }));
}
