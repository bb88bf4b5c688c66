// The share of runs at the target, 1 − S of Kaplan and Meier.
function survivalSeries(cell, measure) {
  const found = cell.row.survival && cell.row.survival[measure];
  if (!found) return [];
  const text = (x, share, more) => [
    cellName(cell),
    `${numberText(x, 6)} ${measure}: ${numberText(100 * share, 3)} % at the target`,
    more,
  ];
  const points = [{ x: 0, y: 0 }];
  for (const { time: x, at_risk: without, survival } of found.curve) {
    const y = 1 - survival;
    points.push({ x, y, text: text(x, y, `${without} of ${found.runs} runs were without until then`) });
  }
  const steps = points.slice(1).map((point) => ({ ...point, symbol: lookOf(cell).symbol }));
  const last = points[points.length - 1];
  const until = d3.max(found.censored);
  if (until > last.x)
    points.push({ x: until, y: last.y, text: text(until, last.y, "nothing is known beyond") });
  const shareAt = (x) =>
    d3.max(
      points.filter((point) => point.x <= x),
      (point) => point.y,
    ) || 0;
  const lost = found.censored.map((x) => ({ x, y: shareAt(x), symbol: d3.symbolCross, hollow: true }));
  const series = { look: lookOf(cell), points, line: true, steps: true, width: 2, ends: [...steps, ...lost] };
  return [{ ...series, cell, never: found.never, lost: lost.length }];
}

// Runs that diverged never get there: where nothing else of the others is left to know, their line goes on to the
// end of the axis. Names that would stand above each other are moved apart.
function goOnWithDiverged(panel, end) {
  const named = [];
  for (const series of panel.series.filter(({ never }) => never > 0)) {
    const { points, never } = series;
    const last = points[points.length - 1];
    const x = series.lost ? last.x : end;
    const label = `${never} diverged`;
    const more = `${label} before, and never will be`;
    const share = `${numberText(100 * last.y, 3)} % at the target`;
    const place = { x, y: last.y, text: [cellName(series.cell), share, more] };
    if (x > last.x || points.length === 1) points.push(place);
    else last.text = [...(last.text || [cellName(series.cell), share]), more];
    const above = named.filter((other) => Math.abs(other.y - last.y) < 0.08).length;
    const mark = { x, y: last.y, symbol: d3.symbolStar, hollow: true, label, above };
    series.ends.push(mark);
    named.push(mark);
  }
}

// Panels of a group have one axis.
function goOnToEnds(panels) {
  for (const [, members] of d3.group(panels, (panel) => panel.group)) {
    const end = d3.max(pointsOf(members), (point) => point.x) || 1;
    for (const panel of members) goOnWithDiverged(panel, end);
  }
}

function makeSurvival() {
  if (!cells.some((cell) => cell.row.survival)) return part("survival").remove();
  const state = { measure: "steps" };
  const draw = (host) => {
    const panels = panelsOf(shownCells())
      .map((panel) => ({
        title: panel.name,
        group: axisGroup(panel.cells[0], state.measure),
        series: panel.cells.flatMap((cell) => survivalSeries(cell, state.measure)),
      }))
      .filter((panel) => panel.series.length);
    goOnToEnds(panels);
    drawPanels(host, panels, {
      x: { label: `${state.measure} to the target`, zero: true },
      y: { label: "share of runs at the target", domain: [0, 1.02], ticks: [0, 0.25, 0.5, 0.75, 1] },
    });
  };
  const change = (value) => {
    state.measure = value;
    redraw();
  };
  const controls = [
    choice(
      "by",
      [
        ["steps", "steps"],
        ["epochs", "epochs"],
      ],
      state.measure,
      change,
    ),
  ];
  const redraw = makeSection("survival", controls, draw);
  return undefined;
}
