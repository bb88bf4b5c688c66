// The verdicts on claims: what normlab claims report says, with each ratio and its interval drawn.
const verdictMarks = {
  supported: "✓",
  contradicted: "✗",
  undecided: "?",
  underpowered: "∅",
};
const verdictText = (side) =>
  `${verdictMarks[side.verdict] || "·"} ${side.verdict}${(side.fragile || []).length ? ", fragile" : ""}`;

const comparisons = { less: "<", greater: ">" };
function claimedText(contrast) {
  const sign = comparisons[contrast.direction];
  const what = label(contrast.measure);
  return sign
    ? `${what} ratio ${sign} ${numberText(contrast.margin)}`
    : `${what} ratio ${numberText(1 / contrast.margin, 3)} to ${numberText(contrast.margin, 3)}`;
}

const ratioText = (ratio) =>
  `${numberText(ratio.estimate, 3)} (${numberText(ratio.lower, 3)}–${numberText(ratio.upper, 3)})`;

// Every contrast of every claim, and what of its claim stands beside it.
function contrastsOfClaims(claims) {
  return claims.flatMap((claim) => claim.contrasts.map((contrast) => ({ claim, contrast })));
}

// Ratios on one logarithmic axis: the final runs filled, the replication hollow, the margin as a short line.
function forestRow(svg, x, y, { claim, contrast }) {
  const places = [];
  const margins =
    contrast.direction === "equivalent" || !comparisons[contrast.direction]
      ? [1 / contrast.margin, contrast.margin]
      : [contrast.margin];
  for (const margin of margins) {
    svg.append(svgElement("path", { class: "rule", d: `M${x(margin)},${y - 9}V${y + 9}` }));
  }
  const sides = [
    ["final", -3, false],
    ["replication", 4, true],
  ];
  for (const [name, shift, hollow] of sides) {
    const { ratio } = contrast[name];
    if (!ratio) continue;
    const colour = "var(--ink)";
    svg.append(
      svgElement("path", {
        class: "range",
        d: `M${x(ratio.lower)},${y + shift}H${x(ratio.upper)}`,
        style: `stroke:${colour};opacity:${hollow ? 0.55 : 1}`,
      }),
    );
    svg.append(
      svgElement("circle", {
        cx: x(ratio.estimate),
        cy: y + shift,
        r: 3.5,
        style: `stroke:${colour};fill:${hollow ? "var(--paper)" : colour}`,
      }),
    );
    places.push({
      x: x(ratio.estimate),
      y: y + shift,
      text: [
        `${claim.id}: ${contrast.label}`,
        `${name === "final" ? "final runs" : name}: ${ratioText(ratio)}`,
        contrast[name].verdict,
      ],
    });
  }
  return places;
}

function forest(entries, width) {
  const rowHeight = 24;
  const texts = entries.map(({ claim, contrast }) => `${claim.id}: ${contrast.label}`);
  const left = Math.min(width * 0.55, d3.max(texts, (text) => text.length) * 6.2 + 12);
  const size = { width, height: margins.top + margins.bottom + rowHeight * entries.length };
  const svg = panelSvg(
    "",
    size,
    `ratios of ${entries.length} contrasts with their intervals; arrow keys read them`,
  );
  const ratios = entries.flatMap(({ contrast }) => [
    contrast.margin,
    ...["final", "replication"].flatMap((side) => {
      const { ratio } = contrast[side];
      return ratio ? [ratio.lower, ratio.upper] : [];
    }),
  ]);
  const x = d3
    .scaleLog()
    .domain(extentOf([...ratios, 1], true))
    .range([left, width - margins.right]);
  const bottom = size.height - margins.bottom;
  for (const value of logTicks(x.domain())) {
    const tick = svgElement("g", { class: "tick", transform: `translate(${x(value)},0)` });
    tick.append(svgElement("line", { y1: margins.top, y2: bottom }));
    tick.append(svgElement("text", { y: bottom + 15, "text-anchor": "middle" }, numberText(value, 3)));
    svg.append(tick);
  }
  const axis = "ratio of the first side’s mean to the second’s";
  svg.append(
    svgElement("text", { x: (left + width) / 2, y: size.height - 6, "text-anchor": "middle" }, axis),
  );
  const rows = entries.map((entry, i) => {
    const y = margins.top + rowHeight * (i + 0.5);
    svg.append(svgElement("text", { x: left - 10, y, dy: "0.32em", "text-anchor": "end" }, texts[i]));
    return forestRow(svg, x, y, entry);
  });
  makeReadable(
    svg,
    rows.filter((row) => row.length),
  );
  return element("figure", {}, svg);
}

function verdictRow({ claim, contrast }) {
  const { final, replication } = contrast;
  const p = final.adjusted_p;
  // Of durations, rounds stand for seeds.
  const ofRounds = contrast.measure === "step_time" || contrast.measure === "kernel_time";
  const runs = final.missing_runs
    ? `${contrast.seeds} (${final.missing_runs} runs missing)`
    : contrast.seeds;
  const rounds = final.rounds ? `${final.rounds} rounds` : "not timed";
  const wanted = final.seeds_wanted ?? "";
  const texts = [
    claim.id,
    contrast.label,
    claimedText(contrast),
    final.ratio ? ratioText(final.ratio) : "—",
    verdictText(final),
    p == null ? "—" : p < 0.001 ? "< 0.001" : numberText(p, 2),
    ofRounds ? rounds : runs,
    ofRounds && wanted ? `${wanted} rounds` : wanted,
    verdictText(replication),
  ];
  return element("tr", {}, ...texts.map((text) => element("td", {}, String(text))));
}

function claimNode(claim) {
  const source = [claim.paper, claim.section && `section ${claim.section}`].filter((part) => part).join(", ");
  const doubts = [claim.rule_doubt, claim.replication_rule_doubt].filter((doubt) => doubt);
  const fragile = claim.contrasts.flatMap(({ label: name, final }) =>
    (final.fragile || []).map((text) => `${name}: ${text}`),
  );
  const reasons = claim.contrasts
    .filter(({ final }) => final.reason)
    .map(({ label: name, final }) => `${name}: ${final.reason}`);
  const invariances = (claim.invariances || []).map(
    (one) =>
      `${one.norm}, ${label(one.change)}: the output ${one.invariant ? "stays" : "changes"}: ${one.final.verdict} ` +
      `(change ${numberText(one.final.smallest_change, 2)} to ${numberText(one.final.largest_change, 2)}); replication: ${one.replication.verdict}`,
  );
  return element(
    "article",
    { class: "claim" },
    element("h3", {}, `${claim.id}: ${claim.claim}`),
    element(
      "p",
      {},
      element(
        "strong",
        {},
        `${verdictMarks[claim.verdict] || "·"} ${claim.verdict}${claim.fragile ? ", fragile" : ""}`,
      ),
      `; replication: ${claim.replication}. `,
      element("small", {}, source),
    ),
    ...doubts.map((doubt) => element("p", { class: "warning" }, doubt)),
    ...[...invariances, ...reasons, ...fragile].map((text) => element("p", { class: "note" }, text)),
    element("pre", {}, claim.command),
  );
}

function makeVerdicts() {
  const section = document.getElementById("verdicts");
  if (!data.verdicts) return section.remove();
  const { claims } = data.verdicts;
  document.getElementById("name").textContent = "Claims and verdicts";
  section.append(...claims.map(claimNode));
  const entries = contrastsOfClaims(claims);
  if (entries.length === 0) return undefined;
  const heads = [
    "claim",
    "contrast",
    "claimed",
    "ratio",
    "verdict",
    "p, by Holm",
    "seeds",
    "seeds wanted",
    "replication",
  ];
  const head = element("tr", {}, ...heads.map((name) => element("th", { scope: "col" }, name)));
  section.append(
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "Contrasts" },
      element("table", {}, element("thead", {}, head), element("tbody", {}, ...entries.map(verdictRow))),
    ),
  );
  const drawn = entries.filter(({ contrast }) => contrast.final.ratio || contrast.replication.ratio);
  if (drawn.length === 0) return undefined;
  makeSection("verdicts", [], (host) => {
    const { width } = layout(host, 1, 900);
    fillPanels(host, [drawn], (rows) => forest(rows, width));
  });
  return undefined;
}
