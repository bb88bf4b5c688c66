// The comparisons that --pair asked for: ratios of mean times to the target with their intervals and tests, and how
// they depend on the target's threshold.
const isShared = ({ setting }, name) => name !== setting && !(summary.best || []).includes(name);

// What both groups have in common, then the values in which they differ: "lstm, batch size 4: layer / none".
function comparisonName(pair, contrast) {
  const shared = [
    ["model", contrast.model],
    ["norm", contrast.norm],
    ["batch_size", contrast.batch_size],
    ...Object.entries(contrast.settings),
  ].filter(([name, value]) => value != null && isShared(pair, name));
  const plain = (name) => name === "model" || name === "norm";
  const said = shared.map(([name, value]) =>
    plain(name) ? settingText(value) : `${label(name)} ${settingText(value)}`,
  );
  const sides = `${contrast.first.value} / ${contrast.second.value}`;
  const chosen = (side) =>
    Object.entries(side.chosen || {}).map(([name, value]) => `${label(name)} ${settingText(value)}`);
  const choices = chosen(contrast.first).map((text, i) => `${text} / ${chosen(contrast.second)[i]}`);
  return [[said.join(", "), sides].filter((text) => text).join(": "), ...choices].join(", ");
}

function comparisonRemarks(contrast) {
  if (!contrast.ratio) return contrast.reason;
  return [
    contrast.paired ? "" : "not paired by seed",
    contrast.ratio.degenerate ? "no spread to estimate from" : "",
    contrast.smallest_p > 0.05 ? "too few seeds for any p up to 0.05" : "",
  ]
    .filter((text) => text)
    .join(", ");
}

const isOfSteps = (pair) => pair.measure === "step_time";

function comparisonRow(pair, contrast) {
  const { first, second, ratio } = contrast;
  const reached = `${first.reached}/${first.runs}, ${second.reached}/${second.runs}`;
  const texts = [
    comparisonName(pair, contrast),
    isOfSteps(pair) ? String(first.runs) : reached,
    ratio ? ratioText(ratio) : "—",
    ratio ? `${numberText(100 * contrast.superiority, 3)} %` : "—",
    ratio ? pText(contrast.adjusted_p) : "—",
    ...(isOfSteps(pair) ? [] : [ratio ? String(contrast.seeds_wanted ?? "—") : "—"]),
    comparisonRemarks(contrast),
  ];
  return element("tr", {}, ...texts.map((text) => element("td", {}, text)));
}

function plainTable(name, heads, rows) {
  const head = element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)));
  return element(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": name },
    element("table", { class: "plain" }, element("thead", {}, head), element("tbody", {}, ...rows)),
  );
}

function comparisonTable(pair) {
  const ofSteps = isOfSteps(pair);
  const heads = [
    "groups",
    ofSteps ? "rounds" : "reached",
    `ratio of ${pair.measure.replace(/_/g, " ")}`,
    ofSteps ? "shorter" : "earlier",
    "p, by Holm",
    ...(ofSteps ? [] : ["seeds wanted"]),
    "",
  ];
  return plainTable(
    "Comparisons",
    heads,
    pair.contrasts.map((contrast) => comparisonRow(pair, contrast)),
  );
}

function variedText(contrast) {
  if (contrast.first.reached + contrast.second.reached === 0) return "none reached";
  return contrast.ratio ? ratioText(contrast.ratio) : "—";
}

// A row for each comparison and threshold, a column for each number of evaluations in a row.
function thresholdsTable(pair) {
  const thresholds = [...new Set(pair.thresholds.map((one) => one.threshold))];
  const holds = [...new Set(pair.thresholds.map((one) => one.for))];
  const rows = pair.contrasts.flatMap((contrast, i) =>
    thresholds.map((threshold) => {
      const varied = pair.thresholds.filter((one) => one.threshold === threshold);
      const ratios = varied.map((one) => variedText(one.contrasts[i]));
      const texts = [comparisonName(pair, contrast), numberText(threshold), ...ratios];
      return element("tr", {}, ...texts.map((text) => element("td", {}, text)));
    }),
  );
  const heads = ["groups", "threshold", ...holds.map((hold) => `for ${hold}`)];
  return plainTable("The same of other targets", heads, rows);
}

function comparisonsNote(pair) {
  if (isOfSteps(pair))
    return (
      "Time of a step of the first group over that of the second, within each round in which both were measured: " +
      "median with its 95 % interval. p: of the sign test, adjusted by Holm over all comparisons."
    );
  return (
    `Mean ${pair.measure} to the target of the first group over those of the second, with a 95 % interval; below 1 the ` +
    "first is the faster one. Each mean is restricted to the earliest point at which a run of the two is censored, and a " +
    "diverged run never gets there. Earlier: the probability that a run of the first group gets there before one of the " +
    "second, ties as half. p: of the permutation test, adjusted by Holm over all comparisons. Seeds wanted: in each " +
    "group, to tell the means apart if they are as they look."
  );
}

function makeComparisons() {
  const section = part("comparisons");
  const { pair } = summary;
  if (!pair) return section.remove();
  section.append(element("p", { class: "note" }, comparisonsNote(pair)));
  const rows = pair.contrasts
    .filter((contrast) => contrast.ratio)
    .map((contrast) => {
      const name = comparisonName(pair, contrast);
      const text = [name, `${ratioText(contrast.ratio)} at 95 %, p ${pText(contrast.adjusted_p)}`];
      return { name, margins: [], marks: [{ ratio: contrast.ratio, hollow: false, text }] };
    });
  if (rows.length) addForest(section, rows);
  section.append(comparisonTable(pair));
  if (!pair.thresholds) return undefined;
  const note =
    "The same ratios, if the target had another threshold and had to hold at so many evaluations in a row. A run that " +
    "its own target ended is censored there, so that a stricter one finds little behind it.";
  section.append(element("p", { class: "note" }, note), thresholdsTable(pair));
  return undefined;
}
