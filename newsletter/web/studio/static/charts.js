// Charts of reports: one point of each takes part in the Tab order, and the arrow keys go from point to point.

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function pointsOf(chart) {
  return [...chart.querySelectorAll(".point")];
}

function prepare() {
  for (const chart of document.querySelectorAll("[data-points]")) {
    const points = pointsOf(chart);
    const current = points.find((point) => point === document.activeElement) ?? points.at(-1);
    for (const point of points) point.setAttribute("tabindex", point === current ? "0" : "-1");
  }
}

document.addEventListener("keydown", (event) => {
  const point = event.target.closest?.("[data-points] .point");
  if (!point || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  const points = pointsOf(point.closest("[data-points]"));
  const at = points.indexOf(point);
  const to = { Home: 0, End: points.length - 1 }[event.key] ?? at + (STEPS[event.key] ?? 0);
  if (to === at || !points[to]) return;
  event.preventDefault();
  point.setAttribute("tabindex", "-1");
  points[to].setAttribute("tabindex", "0");
  points[to].focus();
});

document.addEventListener("refreshed", prepare);
prepare();
