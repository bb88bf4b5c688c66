// Seconds of a training step: a mark for each run's median, a thin line from its 10 % to its 90 % quantile.
function stepTimePanel(panel, width) {
  const rowHeight = 22;
  const labels = d3.max(panel.cells, (cell) => seriesDimension.text(cell).length) * 6.5 + 22;
  const size = { width, height: margins.top + margins.bottom + rowHeight * panel.cells.length };
  const svg = panelSvg(
    panel.name,
    size,
    `${panel.name}: time per step of ${panel.cells.length} cells; arrow keys read the runs`,
  );
  const times = panel.cells.flatMap((cell) => cell.runs.flatMap((run) => run.step_seconds || []));
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
    return cell.runs
      .filter((run) => run.step_seconds)
      .map((run, k, all) => {
        const [p10, median, p90] = run.step_seconds;
        const place = {
          x: x(median),
          y: y + (all.length > 1 ? (k / (all.length - 1) - 0.5) * rowHeight * 0.5 : 0),
          text: [
            cellName(cell),
            `seed ${run.seed}: median ${secondsText(median)}`,
            `10 to 90 %: ${secondsText(p10)} to ${secondsText(p90)}`,
          ],
        };
        const { colour, symbol } = lookOf(cell);
        svg.append(
          svgElement("path", {
            class: "range",
            d: `M${x(p10)},${place.y}H${x(p90)}`,
            style: `stroke:${colour};opacity:0.5`,
          }),
        );
        svg.append(
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

function makeStepTime() {
  if (!cells.some((cell) => cell.runs.some((run) => run.step_seconds)))
    return document.getElementById("step-time").remove();
  const draw = (host) => {
    const panels = panelsOf(shownCells().filter((cell) => cell.runs.some((run) => run.step_seconds)));
    const size = layout(host, panels.length);
    fillPanels(host, panels, (panel) => stepTimePanel(panel, size.width));
  };
  makeSection("step-time", [], draw);
  return undefined;
}
