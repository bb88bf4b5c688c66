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
  const what = contrast.measure_text;
  return sign
    ? `${what} ratio ${sign} ${numberText(contrast.margin)}`
    : `${what} ratio ${numberText(1 / contrast.margin, 3)} to ${numberText(contrast.margin, 3)}`;
}

const pText = (p) => (p == null ? "—" : p < 0.001 ? "< 0.001" : numberText(p, 2));

// Every contrast of every claim, and what of its claim stands beside it.
function contrastsOfClaims(claims) {
  return claims.flatMap((claim) => claim.contrasts.map((contrast) => ({ claim, contrast })));
}

const isDrawn = ({ contrast }) => Boolean(contrast.final.ratio || contrast.replication.ratio);
const marginsOf = ({ direction, margin }) => (comparisons[direction] ? [margin] : [1 / margin, margin]);

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

// With what is measured, where a claim measures several things.
function nameOfContrast({ claim, contrast }) {
  const several = new Set(claim.contrasts.map((one) => one.measure_text)).size > 1;
  const mark = verdictMarks[contrast.final.verdict] || "·";
  return `${claim.id}${several ? `, ${contrast.measure_text}` : ""}: ${contrast.label} ${mark}`;
}

// The final runs filled, the replication hollow, the margin as a short line.
function rowOfContrast({ claim, contrast }) {
  const marks = ["final", "replication"]
    .filter((side) => contrast[side].ratio)
    .map((side) => ({
      ratio: contrast[side].ratio,
      hollow: side === "replication",
      text: forestTip(claim, contrast, side),
    }));
  return { name: nameOfContrast({ claim, contrast }), margins: marginsOf(contrast), marks };
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
    { class: "scroll whole", tabindex: 0, role: "region", "aria-label": "Claims" },
    element("table", { class: "claims" }, element("thead", {}, head), element("tbody", {}, ...rows)),
  );
}

function makeVerdicts({ claims }) {
  const section = document.getElementById("verdicts");
  section.append(claimsTable(claims));
  const entries = contrastsOfClaims(claims);
  const drawn = entries.filter(isDrawn);
  if (drawn.length > 0) addForest(section, drawn.map(rowOfContrast));
  section.append(...claims.map(claimNode));
  if (entries.length > 0) section.append(contrastTable(entries));
}
