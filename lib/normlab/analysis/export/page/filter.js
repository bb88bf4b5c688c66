// Which cells are shown: switches for each value of each setting that varies, and a text that a cell has to
// hold. The switches of what colours stand for are the legend of all charts.
const filterState = { hidden: new Map(varying.map((one) => [one.name, new Set()])), text: "" };
const filterListeners = [];
redraws.push(() => changeFilter());

const isShown = (cell) =>
  varying.every((one) => !filterState.hidden.get(one.name).has(one.text(cell))) &&
  filterState.text.split(/\s+/).every((word) => cellName(cell).toLowerCase().includes(word));
const shownCells = () => cells.filter(isShown);

function changeFilter() {
  for (const count of root.querySelectorAll(".filter-count"))
    count.textContent = `${shownCells().length} of ${cells.length} cells`;
  for (const listener of filterListeners) listener();
}

function valueSwitch(one, value) {
  const hidden = filterState.hidden.get(one.name);
  const button = element("button", { type: "button", "aria-pressed": "true", "data-value": value }, value);
  if (one === seriesDimension) button.prepend(swatch(value));
  button.addEventListener("click", () => {
    hidden.has(value) ? hidden.delete(value) : hidden.add(value);
    button.setAttribute("aria-pressed", String(!hidden.has(value)));
    changeFilter();
  });
  return button;
}

// On paper there are no switches.
function legend() {
  const named = (value) => element("span", { class: "named" }, swatch(value), value);
  const count = element("span", { class: "filter-count" });
  return element("p", { class: "paper" }, ...seriesDimension.values.map(named), count);
}

function makeFilter() {
  const bar = element("div", { class: "controls" });
  for (const one of varying) {
    const group = element("div", { class: "choice", role: "group", "aria-label": label(one.name) });
    group.append(element("span", {}, label(one.name)), ...one.values.map((value) => valueSwitch(one, value)));
    bar.append(group);
  }
  const input = element("input", {
    type: "search",
    class: "filter-text",
    placeholder: "words that a cell has",
    size: 20,
  });
  input.addEventListener("input", () => {
    filterState.text = input.value.trim().toLowerCase();
    changeFilter();
  });
  bar.append(element("label", { class: "choice" }, element("span", {}, "find"), input));
  bar.append(element("span", { class: "filter-count", role: "status" }));
  part("filter").append(bar);
  part("filter").after(legend());
}

// A section that is drawn anew when the filter or one of its own controls changes.
const makeSection = (name, controls, draw) => addDrawing(part(name), controls, draw, filterListeners);
