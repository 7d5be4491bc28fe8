// Single-key shortcuts: click the element with that data-key, or focus it if it isn't a link or a button. They can be
// turned off (WCAG 2.1.4).
import { shown } from "./updating.js";

const STORED = "shortcuts";

export async function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  if (localStorage.getItem(STORED) === "off") return;
  const selector = `[data-key="${CSS.escape(event.key)}"]`;
  if (!document.querySelector(selector)) return;
  event.preventDefault();
  await shown();
  const target = document.querySelector(selector);
  if (target?.matches("a, button")) target.click();
  else target?.focus();
}

// Call this again after replacing the whole page.
export function showShortcuts() {
  const box = document.getElementById("keys-on");
  if (box) box.checked = localStorage.getItem(STORED) !== "off";
}

document.addEventListener("keydown", onKey);
document.addEventListener("change", (event) => {
  if (event.target.id === "keys-on") localStorage.setItem(STORED, event.target.checked ? "on" : "off");
});
