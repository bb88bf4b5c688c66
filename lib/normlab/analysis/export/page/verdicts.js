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
  const what = contrast.measure.replace(/_/g, " ");
  return sign
    ? `${what} ratio ${sign} ${numberText(contrast.margin)}`
    : `${what} ratio ${numberText(1 / contrast.margin, 3)} to ${numberText(contrast.margin, 3)}`;
}

const pText = (p) => (p == null ? "—" : p < 0.001 ? "< 0.001" : numberText(p, 2));
const ratioText = (ratio) =>
  `${numberText(ratio.estimate, 3)} (${numberText(ratio.lower, 3)}–${numberText(ratio.upper, 3)})`;

// Every contrast of every claim, and what of its claim stands beside it.
function contrastsOfClaims(claims) {
  return claims.flatMap((claim) => claim.contrasts.map((contrast) => ({ claim, contrast })));
}

const isDrawn = ({ contrast }) => Boolean(contrast.final.ratio || contrast.replication.ratio);
const marginsOf = ({ direction, margin }) => (comparisons[direction] ? [margin] : [1 / margin, margin]);

// An interval on a logarithmic axis; an arrow where it goes on beyond the axis.
function intervalPath(x, y, { lower, upper }) {
  const [low, high] = x.domain();
  const [left, right] = [x(lower), x(upper)];
  const from = lower < low ? `M${left + 5},${y - 3.5}L${left},${y}L${left + 5},${y + 3.5}` : "";
  const to = upper > high ? `M${right - 5},${y - 3.5}L${right},${y}L${right - 5},${y + 3.5}` : "";
  return `M${left},${y}H${right}${from}${to}`;
}

function forestTip(claim, contrast, name) {
  const side = contrast[name];
  const p = side.adjusted_p == null ? "" : `, p ${pText(side.adjusted_p)}`;
  return [
    `${claim.id}: ${contrast.label}`,
    `claimed: ${claimedText(contrast)}`,
    `${name === "final" ? "final runs" : name}: ${ratioText(side.ratio)} at ${numberText(100 * side.ratio.level)} %`,
    `${verdictText(side)}, ${contrast.seeds} seeds${p}`,
  ];
}

// The final runs filled, the replication hollow, the margin as a short line.
function forestRow(svg, x, y, { claim, contrast }) {
  for (const margin of marginsOf(contrast))
    svg.append(svgElement("path", { class: "rule", d: `M${x(margin)},${y - 10}V${y + 10}` }));
  const sides = [
    ["final", -4, false],
    ["replication", 5, true],
  ].filter(([name]) => contrast[name].ratio);
  return sides.map(([name, shift, hollow]) => {
    const { ratio } = contrast[name];
    const place = { x: x(ratio.estimate), y: y + shift, text: forestTip(claim, contrast, name) };
    svg.append(
      svgElement("path", {
        class: "range",
        d: intervalPath(x, place.y, ratio),
        style: `stroke:var(--ink);fill:none;opacity:${hollow ? 0.55 : 1}`,
      }),
      svgElement("circle", {
        cx: place.x,
        cy: place.y,
        r: 3.5,
        style: `stroke:var(--ink);fill:${hollow ? "var(--paper)" : "var(--ink)"}`,
      }),
    );
    return place;
  });
}

// From the ratios and margins, and the intervals as far as a factor of four beyond these.
function forestDomain(entries) {
  const sides = entries.flatMap(({ contrast }) => [contrast.final.ratio, contrast.replication.ratio]);
  const ratios = sides.filter((ratio) => ratio);
  const inner = [
    1,
    ...entries.flatMap(({ contrast }) => marginsOf(contrast)),
    ...ratios.map(({ estimate }) => estimate),
  ];
  const [low, high] = d3.extent(inner.filter((value) => value > 0));
  const ends = ratios.flatMap(({ lower, upper }) => [Math.max(lower, low / 4), Math.min(upper, high * 4)]);
  return extentOf([low, high, ...ends], true);
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

function forest(entries, width) {
  const rowHeight = 26;
  const widthOfLetters = 6.1;
  const texts = entries.map(
    ({ claim, contrast }) => `${claim.id}: ${contrast.label} ${verdictMarks[contrast.final.verdict] || "·"}`,
  );
  const left = Math.min(width * 0.55, d3.max(texts, (text) => text.length) * widthOfLetters + 14);
  const size = { width, height: margins.top + margins.bottom + rowHeight * entries.length };
  const what = `ratios of ${entries.length} contrasts with their intervals; arrow keys read them`;
  const svg = panelSvg("Ratios and their intervals", size, what);
  const x = d3
    .scaleLog()
    .domain(forestDomain(entries))
    .range([left, width - margins.right])
    .clamp(true);
  forestAxis(svg, x, size);
  const rows = entries.map((entry, i) => {
    const y = margins.top + rowHeight * (i + 0.5);
    const text = shortenedTo(texts[i], Math.floor((left - 12) / widthOfLetters));
    svg.append(svgElement("text", { x: left - 10, y, dy: "0.32em", "text-anchor": "end" }, text));
    return forestRow(svg, x, y, entry);
  });
  makeReadable(svg, rows);
  return element("figure", {}, svg);
}

function verdictRow({ claim, contrast }) {
  const { final, replication } = contrast;
  // Of durations, rounds stand for seeds.
  const ofRounds = contrast.measure === "step_time" || contrast.measure === "kernel_time";
  const runs = final.missing_runs ? `${contrast.seeds} (${final.missing_runs} runs missing)` : contrast.seeds;
  const rounds = final.rounds ? `${final.rounds} rounds` : "not timed";
  const wanted = final.seeds_wanted ?? "";
  const texts = [
    claim.id,
    contrast.label,
    claimedText(contrast),
    final.ratio ? ratioText(final.ratio) : "—",
    verdictText(final),
    pText(final.adjusted_p),
    ofRounds ? rounds : runs,
    ofRounds && wanted ? `${wanted} rounds` : wanted,
    verdictText(replication),
    replication.ratio ? ratioText(replication.ratio) : "—",
  ];
  return element("tr", {}, ...texts.map((text) => element("td", {}, String(text))));
}

const claimVerdict = (claim) =>
  `${verdictMarks[claim.verdict] || "·"} ${claim.verdict}${claim.fragile ? ", fragile" : ""}`;
const claimId = (claim) => `claim-${claim.id}`;

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
      `${one.norm}, ${one.change.replace(/_/g, " ")}: the output ${one.invariant ? "stays" : "changes"}: ${one.final.verdict} ` +
      `(change ${numberText(one.final.smallest_change, 2)} to ${numberText(one.final.largest_change, 2)}); replication: ${one.replication.verdict}`,
  );
  return element(
    "article",
    { class: "claim", id: claimId(claim) },
    element("h3", {}, `${claim.id}: ${claim.claim}`),
    element(
      "p",
      {},
      element("strong", {}, claimVerdict(claim)),
      `; replication: ${claim.replication}. `,
      element("small", {}, source),
    ),
    ...doubts.map((doubt) => element("p", { class: "warning" }, doubt)),
    ...[...invariances, ...reasons, ...fragile].map((text) => element("p", { class: "note" }, text)),
    element("pre", {}, claim.command),
  );
}

const verdictHeads = [
  "claim",
  "contrast",
  "claimed",
  "ratio",
  "verdict",
  "p, by Holm",
  "seeds",
  "seeds wanted",
  "replication",
  "its ratio",
];

function contrastTable(entries) {
  const head = element("tr", {}, ...verdictHeads.map((name) => element("th", { scope: "col" }, name)));
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Contrasts" },
    element(
      "table",
      { class: "contrasts" },
      element("thead", {}, head),
      element("tbody", {}, ...entries.map(verdictRow)),
    ),
  );
}

// A line for each claim, which leads to what is said of it below.
function claimsTable(claims) {
  const rows = claims.map((claim) =>
    element(
      "tr",
      {},
      element("td", {}, element("a", { href: `#${claimId(claim)}` }, claim.id)),
      element("td", {}, claim.claim),
      element("td", { class: "named" }, element("strong", {}, claimVerdict(claim))),
      element("td", { class: "named" }, claim.replication),
    ),
  );
  const heads = ["claim", "what is claimed", "verdict", "replication"];
  const head = element("tr", {}, ...heads.map((name) => element("th", { scope: "col" }, name)));
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Claims" },
    element("table", { class: "claims" }, element("thead", {}, head), element("tbody", {}, ...rows)),
  );
}

function makeVerdicts({ claims }) {
  const section = document.getElementById("verdicts");
  section.append(claimsTable(claims));
  const entries = contrastsOfClaims(claims);
  const drawn = entries.filter(isDrawn);
  if (drawn.length > 0) {
    const draw = (host) => {
      const { width } = layout(host, 1, 1000);
      fillPanels(host, [drawn], (rows) => forest(rows, width));
    };
    addDrawing(section, [], draw, redraws)();
  }
  section.append(...claims.map(claimNode));
  if (entries.length > 0) section.append(contrastTable(entries));
}
