// Puts the page together.
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

function makeContents() {
  const links = [...document.querySelectorAll("main > section")].map((section) =>
    element("li", {}, element("a", { href: `#${section.id}` }, section.querySelector("h2").textContent)),
  );
  document.getElementById("contents").append(element("ul", {}, ...links));
}

function redrawOnResize() {
  let width = innerWidth,
    waiting = 0;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(changeFilter, 150);
  });
}

function makeReport() {
  makeAsked();
  makeFilter();
  makeCells();
  makeCurves();
  makeSurvival();
  makeBasin();
  makeStepTime();
  makeLayers();
  makeOrigin();
}

makeThemeSwitch();
makeVerdicts();
if (data.verdicts) {
  document.querySelectorAll("main > :not(#verdicts)").forEach((part) => part.remove());
} else {
  makeReport();
}
makeContents();
changeFilter();
redrawOnResize();
