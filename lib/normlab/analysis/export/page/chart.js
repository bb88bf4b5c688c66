// Panels that share axes. A panel is { title, group, rules, series }, with dashed lines at the `rules`; a series
//   { look, points: [{ x, y, text }], line, steps, marks, width, soft, area: [{ x, low, high }], ends }
// where `line` joins the points, `steps` as a staircase, and `marks` draws each; `ends` are marks of their own,
// [{ x, y, symbol }] with a `label` so many lines `above` them, or rings around points, [{ x, y, ring }]. Points are what pointer and arrow keys find; `text`
// says what they are, in lines.
const margins = { left: 56, right: 20, top: 24, bottom: 38 };
const mostPanels = 24;
const farthestHover = 40;
const widthOfLetter = 7.4; // of a title

function extentOf(values, log) {
  const usable = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  if (usable.length === 0) return log ? [0.1, 1] : [0, 1];
  let [low, high] = d3.extent(usable);
  if (low === high)
    [low, high] = log
      ? [low / 2, high * 2]
      : [low - Math.abs(low) * 0.1 - 1e-9, high + Math.abs(high) * 0.1 + 1e-9];
  return log ? [low / (high / low) ** 0.03, high * (high / low) ** 0.03] : [low, high];
}

function axisDomain(axis, values) {
  if (axis.domain) return axis.domain;
  const [low, high] = extentOf(values, axis.log);
  if (axis.log) return [low, high];
  const atZero = axis.zero && !values.some((value) => value > 0);
  if (atZero) return [0, 1];
  return axis.zero ? [0, high * 1.03] : [low - (high - low) * 0.03, high + (high - low) * 0.03];
}

function logTicks([low, high]) {
  const decades = Math.log10(high / low);
  const steps =
    decades > 2.5 ? [1] : decades > 1 ? [1, 3] : decades > 0.5 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const every = decades > 7 ? Math.ceil(decades / 6) : 1;
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    if (power % every !== 0) continue;
    for (const step of steps) {
      const tick = step * 10 ** power;
      if (tick >= low * 0.999 && tick <= high * 1.001) ticks.push(tick);
    }
  }
  return ticks;
}

const ticksOf = (axis, scale, count) =>
  axis.ticks || (axis.log ? logTicks(scale.domain()) : scale.ticks(count));

function drawAxes(svg, size, axes, scales) {
  const { x, y } = scales;
  const bottom = size.height - margins.bottom;
  const tickText = (value) => (Math.abs(value) >= 1e4 ? d3.format("~s")(value) : numberText(value, 3));
  for (const value of ticksOf(axes.y, y, 5)) {
    const tick = svgElement("g", { class: "tick", transform: `translate(0,${y(value)})` });
    tick.append(svgElement("line", { x1: margins.left, x2: size.width - margins.right }));
    tick.append(
      svgElement("text", { x: margins.left - 6, dy: "0.32em", "text-anchor": "end" }, tickText(value)),
    );
    svg.append(tick);
  }
  for (const value of ticksOf(axes.x, x, Math.max(3, Math.floor(size.width / 75)))) {
    const tick = svgElement("g", { class: "tick", transform: `translate(${x(value)},${bottom})` });
    tick.append(svgElement("line", { y2: 4 }));
    tick.append(svgElement("text", { y: 15, "text-anchor": "middle" }, tickText(value)));
    svg.append(tick);
  }
  svg.append(
    svgElement("path", {
      class: "frame",
      d: `M${margins.left},${margins.top}V${bottom}H${size.width - margins.right}`,
    }),
  );
  svg.append(
    svgElement(
      "text",
      { x: (margins.left + size.width - margins.right) / 2, y: size.height - 6, "text-anchor": "middle" },
      axes.x.label,
    ),
  );
  const middle = (margins.top + bottom) / 2;
  svg.append(
    svgElement(
      "text",
      { transform: `translate(11,${middle}) rotate(-90)`, "text-anchor": "middle" },
      axes.y.label,
    ),
  );
}

function symbolAt(point, symbol, size, look, scales, hollow = false) {
  return svgElement("path", {
    d: d3.symbol().type(symbol).size(size)(),
    transform: `translate(${scales.x(point.x)},${scales.y(point.y)})`,
    style: hollow ? `stroke:${look.colour};fill:var(--paper);stroke-width:1.5` : `fill:${look.colour}`,
  });
}

const roomOfLabel = 90;
function labelAt({ x, y, label: text, above }, scales) {
  const at = scales.x(x);
  const anchor = at < scales.x.range()[0] + roomOfLabel ? "start" : "end";
  return svgElement("text", { x: at, y: scales.y(y) - 8 - 12 * above, "text-anchor": anchor }, text);
}

const ringAt = (point, scales) =>
  svgElement("circle", { class: "ring", cx: scales.x(point.x), cy: scales.y(point.y), r: 8 });

// What is infinite lies at the end of the axis.
function areaOf(series, scales) {
  const [bottom, top] = scales.y.range();
  const at = (value) => (value === Infinity ? top : value === -Infinity ? bottom : scales.y(value));
  const area = d3
    .area()
    .x((p) => scales.x(p.x))
    .y0((p) => at(p.low))
    .y1((p) => at(p.high))
    .defined((p) => Number.isFinite(at(p.low)) && Number.isFinite(at(p.high)));
  const style = `fill:${series.look.colour}`;
  return svgElement("path", { class: "area", d: area(series.area) || "", style });
}

function lineOf(series, scales, drawable) {
  const line = d3
    .line()
    .x((p) => scales.x(p.x))
    .y((p) => scales.y(p.y))
    .defined(drawable);
  if (series.steps) line.curve(d3.curveStepAfter);
  return svgElement("path", {
    class: "line",
    d: line(series.points) || "",
    "stroke-width": series.width || 1.5,
    "stroke-dasharray": series.dash === undefined ? series.look.dash : series.dash,
    style: `stroke:${series.look.colour}`,
  });
}

// Its mark, over its range if it has one.
function markOf(point, series, scales) {
  const mark = symbolAt(point, series.look.symbol, 42, series.look, scales, series.hollow);
  if (!(Number.isFinite(point.low) && Number.isFinite(point.high) && point.low < point.high)) return [mark];
  const range = svgElement("path", {
    class: "range",
    d: `M${scales.x(point.x)},${scales.y(point.low)}V${scales.y(point.high)}`,
    style: `stroke:${series.look.colour}`,
  });
  return [range, mark];
}

function drawSeries(series, scales) {
  const group = svgElement("g", { class: series.soft ? "series soft" : "series" });
  const drawable = (point) => Number.isFinite(scales.x(point.x)) && Number.isFinite(scales.y(point.y));
  if (series.area) group.append(areaOf(series, scales));
  if (series.line) group.append(lineOf(series, scales, drawable));
  for (const point of series.marks ? series.points.filter(drawable) : [])
    group.append(...markOf(point, series, scales));
  for (const end of (series.ends || []).filter(drawable)) {
    group.append(
      end.ring ? ringAt(end, scales) : symbolAt(end, end.symbol, 34, series.look, scales, end.hollow),
    );
    if (end.label) group.append(labelAt(end, scales));
  }
  return group;
}

// Marks the point and says what it is.
function pointAt(svg, place) {
  svg.querySelectorAll(".cursor").forEach((old) => old.remove());
  const tip = document.getElementById("tip");
  tip.hidden = !place;
  if (!place) return;
  svg.append(svgElement("circle", { class: "cursor", cx: place.x, cy: place.y, r: 5 }));
  tip.textContent = place.text.join("\n");
  const box = svg.getBoundingClientRect();
  const scale = box.width / svg.viewBox.baseVal.width;
  const left = box.left + place.x * scale + 14;
  const top = box.top + place.y * scale + 14;
  tip.style.left = `${Math.max(4, Math.min(left, innerWidth - tip.offsetWidth - 8))}px`;
  tip.style.top = `${top + tip.offsetHeight > innerHeight ? top - tip.offsetHeight - 28 : top}px`;
}

// `rows` are lists of places { x, y, text }: left and right walk along one, up and down go to another.
function makeReadable(svg, rows) {
  let row = 0,
    column = -1;
  const all = rows.flat();
  const show = () => pointAt(svg, rows[row] && rows[row][column]);
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const x = (event.clientX - box.left) * scale,
      y = (event.clientY - box.top) * scale;
    const distance = (place) => Math.hypot(place.x - x, place.y - y);
    let nearest = null;
    for (const place of all) if (!nearest || distance(place) < distance(nearest)) nearest = place;
    pointAt(svg, nearest && distance(nearest) < farthestHover ? nearest : null);
  });
  for (const leaving of ["pointerleave", "blur"]) svg.addEventListener(leaving, () => pointAt(svg, null));
  svg.addEventListener("keydown", (event) => {
    const moves = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
    if (event.key === "Escape") return pointAt(svg, null);
    if (!moves[event.key] || rows.length === 0) return undefined;
    event.preventDefault();
    row = (row + moves[event.key][0] + rows.length) % rows.length;
    column = Math.max(0, Math.min(column + moves[event.key][1], rows[row].length - 1));
    return show();
  });
}

function panelSvg(title, size, description) {
  const svg = svgElement("svg", {
    viewBox: `0 0 ${size.width} ${size.height}`,
    role: "img",
    "aria-label": description,
  });
  const room = Math.floor(size.width / widthOfLetter);
  const shown = title.length > room ? `${title.slice(0, room - 1)}…` : title;
  const x = title.length > room - margins.left / widthOfLetter ? 0 : margins.left;
  svg.append(svgElement("text", { class: "title", x, y: 14 }, shown));
  return svg;
}

function drawPanel(panel, axes, size) {
  const scaleOf = (axis) => (axis.log ? d3.scaleLog() : d3.scaleLinear());
  const scales = {
    x: scaleOf(axes.x)
      .domain(axes.x.domain)
      .range([margins.left, size.width - margins.right]),
    y: scaleOf(axes.y)
      .domain(axes.y.domain)
      .range([size.height - margins.bottom, margins.top]),
  };
  const what = `${panel.title}: ${axes.y.label} by ${axes.x.label}`;
  const description = `${what}, ${panel.series.length} series; arrow keys read the points`;
  const svg = panelSvg(panel.title, size, description);
  drawAxes(svg, size, axes, scales);
  for (const rule of (panel.rules || []).filter(
    (y) => scales.y(y) >= margins.top && scales.y(y) <= size.height - margins.bottom,
  )) {
    svg.append(
      svgElement("line", {
        class: "rule",
        x1: margins.left,
        x2: size.width - margins.right,
        y1: scales.y(rule),
        y2: scales.y(rule),
      }),
    );
  }
  for (const series of panel.series) svg.append(drawSeries(series, scales));
  const rows = panel.series.map((series) =>
    series.points
      .map((point) => ({ x: scales.x(point.x), y: scales.y(point.y), text: point.text }))
      .filter((place) => place.text && Number.isFinite(place.x) && Number.isFinite(place.y)),
  );
  makeReadable(
    svg,
    rows.filter((row) => row.length > 0),
  );
  return element("figure", {}, svg);
}

// How many panels stand side by side, and how large they are.
function layout(host, count, widest = 560) {
  const room = Math.max(280, host.clientWidth || 1000);
  const columns = Math.max(1, Math.min(count, Math.floor(room / 300)));
  const width = Math.min(widest, Math.floor((room - 12 * (columns - 1)) / columns));
  host.style.gridTemplateColumns = `repeat(${columns}, minmax(0, ${width}px))`;
  return { width, height: Math.round(Math.min(300, Math.max(215, width * 0.62))) };
}

// The first of many, and a button for the rest. `draw` makes an element of a panel.
function fillPanels(host, panels, draw) {
  host.replaceChildren();
  host.previousElementSibling?.classList.contains("more") && host.previousElementSibling.remove();
  const all = host.dataset.all === "yes" || panels.length <= mostPanels;
  for (const panel of all ? panels : panels.slice(0, mostPanels)) host.append(draw(panel));
  if (panels.length === 0)
    host.append(element("p", { class: "empty" }, "Nothing of the cells that are chosen is to be seen here."));
  if (all) return;
  const more = element(
    "button",
    { type: "button", class: "more control" },
    `${mostPanels} of ${panels.length} panels: draw all`,
  );
  more.addEventListener("click", () => {
    host.dataset.all = "yes";
    fillPanels(host, panels, draw);
  });
  host.before(more);
}

const pointsOf = (panels) => panels.flatMap((panel) => panel.series.flatMap((series) => series.points));

// All panels share the vertical axis, and those with one `group` the horizontal one.
function drawPanels(host, panels, axes) {
  const areas = panels.flatMap((panel) => panel.series.flatMap((series) => series.area || []));
  const rules = panels.flatMap((panel) => panel.rules || []);
  const ys = [...[...pointsOf(panels), ...areas].flatMap((p) => [p.y, p.low, p.high]), ...rules];
  const y = {
    ...axes.y,
    domain: axisDomain(
      axes.y,
      ys.filter((value) => value !== undefined),
    ),
  };
  const xOf = new Map();
  for (const { group } of panels) {
    const members = pointsOf(panels.filter((panel) => panel.group === group));
    xOf.set(group, {
      ...axes.x,
      domain: axisDomain(
        axes.x,
        members.map((p) => p.x),
      ),
    });
  }
  const size = layout(host, panels.length);
  fillPanels(host, panels, (panel) => {
    const figure = drawPanel(panel, { x: xOf.get(panel.group), y }, size);
    figure.dataset.group = panel.group || "";
    return figure;
  });
}

// A part of a section that is drawn anew when one of `listeners` is called. Gives the function that draws it.
function addDrawing(section, controls, draw, listeners) {
  if (controls.length) section.append(element("div", { class: "controls" }, ...controls));
  const host = element("div", { class: "panels" });
  section.append(host);
  const redraw = () => draw(host);
  listeners.push(redraw);
  return redraw;
}
