// Puts the report together.
function makeReport() {
  root.append(document.getElementById("report").content.cloneNode(true));
  for (const name of ["filter", ...sectionNames]) part(name).id = prefix + name;
  makeAsked();
  makeComparisons();
  makeFilter();
  makeCells();
  makeCurves();
  makeSurvival();
  makeTuning();
  makeBasin();
  makeStepTime();
  makeLayers();
  makeOrigin();
  if (data.claims) lowerHeadings(root);
  changeFilter();
}

makeReport();
