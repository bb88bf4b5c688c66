// Puts the page together: a report, or verdicts with a report of each of their experiments.
const sectionNames = [
  "asked",
  "comparisons",
  "cells",
  "curves",
  "survival",
  "tuning",
  "basin",
  "step-time",
  "layers",
  "origin",
];

function makeThemeSwitch() {
  const button = document.getElementById("theme");
  const themes = [
    ["", "system’s"],
    ["light", "light"],
    ["dark", "dark"],
  ];
  let now = 0;
  button.addEventListener("click", () => {
    now = (now + 1) % themes.length;
    document.documentElement.dataset.theme = themes[now][0];
    button.textContent = `Colours: ${themes[now][1]}`;
  });
}

function contentsOf(sections, heading) {
  const links = [...sections].map((section) =>
    element("li", {}, element("a", { href: `#${section.id}` }, section.querySelector(heading).textContent)),
  );
  return element("ul", {}, ...links);
}

function redrawOnResize() {
  let width = innerWidth,
    waiting = 0;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(() => redraws.forEach((redraw) => redraw()), 150);
  });
}

// Paper has no buttons that draw the rest.
function drawAllForPaper() {
  addEventListener("beforeprint", () => {
    for (const more of document.querySelectorAll("button.more")) more.click();
  });
}

// Those of a report that stands below a heading of its own.
function lowerHeadings(root) {
  for (const heading of root.querySelectorAll("section > h2")) {
    const lower = element("h3", {});
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
}

function drawExperiment(report, index) {
  const prefix = `e${index + 1}-`;
  const claims = report.claims.map((id) => element("a", { href: `#claim-${id}` }, id));
  const names = claims.flatMap((link, i) => (i ? [", ", link] : [link]));
  const section = element(
    "section",
    { id: `e${index + 1}`, class: "experiment report" },
    element("h2", {}, `Experiment: ${report.summary.name}`),
    element("p", {}, report.summary.description),
    element("p", { class: "note" }, "Of ", ...names, "."),
  );
  document.querySelector("main").append(section);
  const root = element("div", { class: "report-parts" });
  section.append(root);
  drawReport(report, root, prefix);
  const contents = contentsOf(root.querySelectorAll("section"), "h3");
  root.before(element("nav", { "aria-label": `Sections of ${report.summary.name}` }, contents));
}

const unionOf = (reports, name) => [...new Set(reports.flatMap((report) => report.summary[name]))];

function makeClaimsOrigin(page) {
  const list = element("dl");
  const files = [...new Set(page.verdicts.claims.map((claim) => claim.file))];
  for (const [name, values] of [
    ["machine", unionOf(page.reports, "machines")],
    ["versions", unionOf(page.reports, "versions")],
    ["claims", files],
    ["not run yet", page.missing],
  ]) {
    if (values.length) list.append(element("dt", {}, name), element("dd", {}, values.join("; ")));
  }
  const commands = [...new Set(page.verdicts.claims.map((claim) => claim.command))].join("\n");
  const section = element(
    "section",
    { id: "origin" },
    element("h2", {}, "Where it came from"),
    list,
    element("p", {}, "These commands make the runs that are missing, and print the verdicts:"),
    element("pre", {}, commands),
    ...thinnedNode(page.stride),
  );
  document.querySelector("main").append(section);
}

function drawClaims(page) {
  document.getElementById("name").textContent = "Claims and verdicts";
  const count = page.verdicts.claims.length;
  document.getElementById("description").textContent =
    `${count} ${count === 1 ? "claim" : "claims"}, each with what was measured to judge it.`;
  makeVerdicts(page.verdicts);
  page.reports.forEach(drawExperiment);
  makeClaimsOrigin(page);
}

function drawOneReport(report) {
  document.getElementById("verdicts").remove();
  document.getElementById("name").textContent = report.summary.name;
  document.getElementById("description").textContent = report.summary.description;
  const root = document.querySelector("main");
  root.classList.add("report");
  drawReport(report, root, "");
}

function drawPage() {
  const page = JSON.parse(document.getElementById("data").textContent);
  makeThemeSwitch();
  if (page.verdicts) drawClaims(page);
  else drawOneReport(page.reports[0]);
  document.getElementById("contents").append(contentsOf(document.querySelectorAll("main > section"), "h2"));
  redrawOnResize();
  drawAllForPaper();
}
