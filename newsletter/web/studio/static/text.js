// A file as text: links to its lines select them.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  if (!link) return;
  event.preventDefault();
  goToLine(document.getElementById("text"), Number(link.dataset.line));
});

// Wrapped lines make a line's place in the text area an estimate.
function goToLine(area, number) {
  const lines = area.value.split("\n");
  const at = Math.min(number, lines.length) - 1;
  const start = lines.slice(0, at).reduce((length, line) => length + line.length + 1, 0);
  area.focus({ preventScroll: true });
  area.setSelectionRange(start, start + lines[at].length);
  const share = start / Math.max(1, area.value.length);
  area.scrollTop = share * area.scrollHeight - area.clientHeight / 3;
  scrollTo({ top: scrollY + area.getBoundingClientRect().top + share * area.clientHeight - innerHeight / 3 });
}
