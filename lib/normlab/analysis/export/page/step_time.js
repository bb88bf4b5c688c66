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

function stepTimePanel(panel, width) {
  const rowHeight = 22;
  const labels = d3.max(panel.cells, (cell) => seriesDimension.text(cell).length) * 6.5 + 22;
  const size = { width, height: margins.top + margins.bottom + rowHeight * panel.cells.length };
  const svg = panelSvg(
    panel.name,
    size,
    `${panel.name}: time per step of ${panel.cells.length} cells; arrow keys read the runs`,
  );
  const times = panel.cells.flatMap((cell) => stepTimesOf(cell).map(({ high }) => high));
  const x = d3
    .scaleLinear()
    .domain([0, d3.max(times) * 1.05])
    .range([labels, width - margins.right]);
  const bottom = size.height - margins.bottom;
  const unit = d3.max(times) < 1e-3 ? [1e6, "µs"] : d3.max(times) < 1 ? [1e3, "ms"] : [1, "s"];
  for (const value of x.ticks(Math.max(3, Math.floor(width / 90)))) {
    const tick = svgElement("g", { class: "tick", transform: `translate(${x(value)},0)` });
    tick.append(
      svgElement("line", { y1: margins.top, y2: bottom }),
      svgElement("text", { y: bottom + 15, "text-anchor": "middle" }, numberText(value * unit[0], 3)),
    );
    svg.append(tick);
  }
  svg.append(
    svgElement(
      "text",
      { x: (labels + width) / 2, y: size.height - 6, "text-anchor": "middle" },
      `time of a step, ${unit[1]}`,
    ),
  );
  const rows = panel.cells.map((cell, i) => {
    const y = margins.top + rowHeight * (i + 0.5);
    svg.append(
      svgElement(
        "text",
        { x: labels - 8, y, dy: "0.32em", "text-anchor": "end" },
        seriesDimension.text(cell),
      ),
    );
    return stepTimesOf(cell).map(({ low, middle, high, text }, k, all) => {
      const place = {
        x: x(middle),
        y: y + (all.length > 1 ? (k / (all.length - 1) - 0.5) * rowHeight * 0.5 : 0),
        text: [cellName(cell), ...text],
      };
      const { colour, symbol } = lookOf(cell);
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
      return place;
    });
  });
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
