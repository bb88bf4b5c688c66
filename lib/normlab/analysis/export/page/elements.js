// What all parts of the page use: elements, numbers as text, and how each norm looks.
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
  const [factor, power] = value
    .toExponential(digits - 1)
    .split("e")
    .map(Number);
  return `${factor}e${power}`;
}

function secondsText(value) {
  if (value == null || !Number.isFinite(value)) return "—";
  if (value < 1e-3) return `${numberText(value * 1e6, 3)} µs`;
  if (value < 1) return `${numberText(value * 1e3, 3)} ms`;
  return `${numberText(value, 3)} s`;
}

// "50×64" of a list of one number.
function settingText(value) {
  if (value == null) return "—";
  if (typeof value === "string") return value;
  const one = Array.isArray(value) && value.length > 2 && value.every((other) => other === value[0]);
  return one ? `${value.length}×${settingText(value[0])}` : JSON.stringify(value);
}

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

// { colour, dash, symbol } of a norm, or of any name of `looks` that stands in for one.
const lookNamed = (name) => ({
  colour: `var(--${name})`,
  dash: looks[name][0],
  symbol: symbols[looks[name][1]],
});
const lookAt = (place) => lookNamed(Object.keys(looks)[Math.max(place, 0) % Object.keys(looks).length]);

// A piece of line with its mark.
function swatchOf({ colour, dash, symbol }) {
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

// What draws again when the room changes.
const redraws = [];

// A row of buttons of which one is on. `choices` are [value, text].
function choice(name, choices, chosen, changed) {
  const group = element(
    "div",
    { class: "choice", role: "group", "aria-label": name },
    element("span", {}, name),
  );
  const buttons = choices.map(([value, text]) => {
    const button = element(
      "button",
      { type: "button", "aria-pressed": String(value === chosen), "data-value": value },
      text,
    );
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      changed(value);
    });
    return button;
  });
  group.append(...buttons);
  return group;
}

// The same as a list to choose from.
function menu(name, choices, chosen, changed) {
  const select = element(
    "select",
    {},
    ...choices.map(([value, text]) => element("option", { value, selected: value === chosen }, text)),
  );
  select.addEventListener("change", () => changed(select.value));
  return element("label", { class: "choice" }, element("span", {}, name), select);
}

// What a page that would be too large leaves out.
function thinnedNode(stride) {
  if (stride <= 1) return [];
  const text =
    `To keep this page below 3 MB, one of every ${stride} evaluations is drawn, those at which targets were ` +
    "reached, and the last one of each run. The records have all of them.";
  return [element("p", { class: "note thinned" }, text)];
}
