// Seconds of a training step: where steps were timed apart, their median and its interval, else for each run its
// median and its 10 % and 90 % quantiles.
const timedApart = cells.some((cell) => cell.row.step_seconds);

function stepTimesOf(cell) {
  const apart = cell.row.step_seconds;
  if (timedApart && !apart) return [];
  if (apart) {
    const { median: middle, low, high, rounds } = apart;
    const ends = `95 %: ${secondsText(low)} to ${secondsText(high)}`;
    return [{ low, middle, high, text: [`median of ${rounds} rounds: ${secondsText(middle)}`, ends] }];
  }
  return cell.runs
    .filter((run) => run.step_seconds)
    .map((run) => {
      const [low, middle, high] = run.step_seconds;
      const ends = `10 to 90 %: ${secondsText(low)} to ${secondsText(high)}`;
      return { low, middle, high, text: [`seed ${run.seed}: median ${secondsText(middle)}`, ends] };
    });
}

const timeUnit = (longest) => (longest < 1e-3 ? [1e6, "µs"] : longest < 1 ? [1e3, "ms"] : [1, "s"]);

function stepTimeAxis(svg, x, longest, { width, height, labels }) {
  const bottom = height - margins.bottom;
  const [factor, unit] = timeUnit(longest);
  for (const value of x.ticks(Math.max(3, Math.floor(width / 90)))) {
    const tick = svgElement("g", { class: "tick", transform: `translate(${x(value)},0)` });
    tick.append(
      svgElement("line", { y1: margins.top, y2: bottom }),
      svgElement("text", { y: bottom + 15, "text-anchor": "middle" }, numberText(value * factor, 3)),
    );
    svg.append(tick);
  }
  const place = { x: (labels + width) / 2, y: height - 6, "text-anchor": "middle" };
  svg.append(svgElement("text", place, `time of a step, ${unit}`));
}

// The range of a time and its middle at `place`.
function drawStepTime(svg, x, { low, high }, place, { colour, symbol }) {
  svg.append(
    svgElement("path", {
      class: "range",
      d: `M${x(low)},${place.y}H${x(high)}`,
      style: `stroke:${colour};opacity:0.5`,
    }),
    svgElement("path", {
      d: d3.symbol().type(symbol).size(34)(),
      transform: `translate(${place.x},${place.y})`,
      style: `fill:${colour}`,
    }),
  );
}

const rowHeightOfTimes = 22;

function stepTimeRow(svg, x, cell, i, labels) {
  const y = margins.top + rowHeightOfTimes * (i + 0.5);
  const name = seriesDimension.text(cell);
  svg.append(svgElement("text", { x: labels - 8, y, dy: "0.32em", "text-anchor": "end" }, name));
  return stepTimesOf(cell).map((time, k, all) => {
    const offset = all.length > 1 ? (k / (all.length - 1) - 0.5) * rowHeightOfTimes * 0.5 : 0;
    const place = { x: x(time.middle), y: y + offset, text: [cellName(cell), ...time.text] };
    drawStepTime(svg, x, time, place, lookOf(cell));
    return place;
  });
}

function stepTimePanel(panel, width) {
  const labels = d3.max(panel.cells, (cell) => seriesDimension.text(cell).length) * 6.5 + 22;
  const height = margins.top + margins.bottom + rowHeightOfTimes * panel.cells.length;
  const svg = panelSvg(
    panel.name,
    { width, height },
    `${panel.name}: time per step of ${panel.cells.length} cells; arrow keys read the runs`,
  );
  const longest = d3.max(panel.cells.flatMap((cell) => stepTimesOf(cell).map(({ high }) => high)));
  const x = d3
    .scaleLinear()
    .domain([0, longest * 1.05])
    .range([labels, width - margins.right]);
  stepTimeAxis(svg, x, longest, { width, height, labels });
  const rows = panel.cells.map((cell, i) => stepTimeRow(svg, x, cell, i, labels));
  makeReadable(
    svg,
    rows.filter((row) => row.length),
  );
  return element("figure", {}, svg);
}

const stepTimeNote = () =>
  timedApart
    ? `Medians of steps that were timed apart from the runs, and their 95 % intervals: ${summary.step_times}.`
    : "Each run’s median step, and its 10 % and 90 % quantiles. They were measured while the runs trained, perhaps " +
      "beside others: where norms differ by little, normlab time decides.";

function makeStepTime() {
  const section = part("step-time");
  if (!cells.some((cell) => stepTimesOf(cell).length > 0)) return section.remove();
  section.append(element("p", { class: "note" }, stepTimeNote()));
  const draw = (host) => {
    const panels = panelsOf(shownCells().filter((cell) => stepTimesOf(cell).length > 0));
    const size = layout(host, panels.length);
    fillPanels(host, panels, (panel) => stepTimePanel(panel, size.width));
  };
  makeSection("step-time", [], draw);
  return undefined;
}
