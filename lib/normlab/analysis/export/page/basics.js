// The cells of a report and the settings in which they differ. This file and those that come after it in the report's
// part of the page stand within drawReport(data, root, prefix): page.html.
const { summary } = data;
const part = (name) => root.querySelector(`.${name}`);

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

// { colour, dash, symbol } of a value of seriesDimension.
const look = (value) =>
  seriesDimension.name === "norm" && looks[value]
    ? lookNamed(value)
    : lookAt(seriesDimension.values.indexOf(value));
const lookOf = (cell) => look(seriesDimension.text(cell));
const swatch = (value) => swatchOf(look(value));

// What a search chose for each cell: sides of a comparison may differ in it.
const chosenSettings = (data.spec && data.spec.chosen) || [];

// Those of the names that vary and are not excepted or chosen, as the title of a panel: "lstm, batch size 4".
function panelTitle(cell, except) {
  const parts = varying
    .filter((one) => one !== seriesDimension && ![...chosenSettings, ...except].includes(one.name))
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
