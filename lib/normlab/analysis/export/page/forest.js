// Ratios with their intervals on one logarithmic axis, a row for each comparison:
//   { name, margins, marks: [{ ratio: { estimate, lower, upper }, hollow, text }] }
// with short lines at the `margins`; `text` says what a mark is, in lines.
const ratioText = (ratio) =>
  `${numberText(ratio.estimate, 3)} (${numberText(ratio.lower, 3)}–${numberText(ratio.upper, 3)})`;

// Ratios and margins as far apart as these have room on the axis; what lies beyond is an arrow at its end.
const farthestRatio = 50;

// An arrow where it goes on beyond the axis.
function intervalPath(x, y, { lower, upper }) {
  const [low, high] = x.domain();
  const [left, right] = [x(lower), x(upper)];
  const from = lower < low ? `M${left + 5},${y - 3.5}L${left},${y}L${left + 5},${y + 3.5}` : "";
  const to = upper > high ? `M${right - 5},${y - 3.5}L${right},${y}L${right - 5},${y + 3.5}` : "";
  return `M${left},${y}H${right}${from}${to}`;
}

function forestMark(svg, x, y, { ratio, hollow, text }) {
  const place = { x: x(ratio.estimate), y, text };
  const [low, high] = x.domain();
  svg.append(
    svgElement("path", {
      class: "range",
      d: intervalPath(x, y, ratio),
      style: `stroke:var(--ink);fill:none;opacity:${hollow ? 0.55 : 1}`,
    }),
  );
  const style = `stroke:var(--ink);fill:${hollow ? "var(--paper)" : "var(--ink)"}`;
  if (ratio.estimate >= low && ratio.estimate <= high)
    svg.append(svgElement("circle", { cx: place.x, cy: y, r: 3.5, style }));
  return place;
}

function forestRow(svg, x, y, { margins: ends, marks }) {
  for (const margin of ends)
    svg.append(svgElement("path", { class: "rule", d: `M${x(margin)},${y - 10}V${y + 10}` }));
  return marks.map((mark) => forestMark(svg, x, y + (mark.hollow ? 5 : -4), mark));
}

// From the ratios and margins, and the intervals as far as a factor of four beyond these.
function forestDomain(rows) {
  const ratios = rows.flatMap(({ marks }) => marks.map(({ ratio }) => ratio));
  const inner = [1, ...rows.flatMap((row) => row.margins), ...ratios.map(({ estimate }) => estimate)];
  const usable = inner.filter((value) => value >= 1 / farthestRatio && value <= farthestRatio);
  const [low, high] = d3.extent(usable);
  const ends = ratios.flatMap(({ lower, upper }) => [Math.max(lower, low / 4), Math.min(upper, high * 4)]);
  return extentOf([low, high, ...ends.filter((end) => end >= low / 4 && end <= high * 4)], true);
}

function forestAxis(svg, x, size) {
  const bottom = size.height - margins.bottom;
  for (const value of logTicks(x.domain())) {
    const tick = svgElement("g", { class: "tick", transform: `translate(${x(value)},0)` });
    tick.append(svgElement("line", { y1: margins.top, y2: bottom }));
    tick.append(svgElement("text", { y: bottom + 15, "text-anchor": "middle" }, numberText(value, 3)));
    svg.append(tick);
  }
  const one = x(1);
  svg.append(svgElement("path", { class: "frame", d: `M${one},${margins.top}V${bottom}` }));
  const axis = "ratio of the first side’s mean to the second’s";
  const middle = (x.range()[0] + x.range()[1]) / 2;
  svg.append(svgElement("text", { x: middle, y: size.height - 6, "text-anchor": "middle" }, axis));
}

const shortenedTo = (text, room) => (text.length > room ? `${text.slice(0, Math.max(1, room - 1))}…` : text);

function forest(rows, width) {
  const rowHeight = 26;
  const widthOfLetters = 6.1;
  const left = Math.min(width * 0.55, d3.max(rows, ({ name }) => name.length) * widthOfLetters + 14);
  const size = { width, height: margins.top + margins.bottom + rowHeight * rows.length };
  const what = `ratios of ${rows.length} contrasts with their intervals; arrow keys read them`;
  const svg = panelSvg("Ratios and their intervals", size, what);
  const x = d3
    .scaleLog()
    .domain(forestDomain(rows))
    .range([left, width - margins.right])
    .clamp(true);
  forestAxis(svg, x, size);
  const places = rows.map((row, i) => {
    const y = margins.top + rowHeight * (i + 0.5);
    const text = shortenedTo(row.name, Math.floor((left - 12) / widthOfLetters));
    svg.append(svgElement("text", { x: left - 10, y, dy: "0.32em", "text-anchor": "end" }, text));
    return forestRow(svg, x, y, row);
  });
  makeReadable(svg, places);
  return element("figure", {}, svg);
}

// The chart as a part of `section`.
function addForest(section, rows) {
  const draw = (host) => {
    const { width } = layout(host, 1, 1000);
    fillPanels(host, [rows], (all) => forest(all, width));
  };
  addDrawing(section, [], draw, redraws)();
}
