// Single-key shortcuts: click the element with that data-key, or focus it if it isn't a link or a button. They can be
// turned off (WCAG 2.1.4).
import { updateShown } from "./updating.js";

const STORAGE_KEY = "shortcuts";

export async function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  if (localStorage.getItem(STORAGE_KEY) === "off") return;
  const selector = `[data-key="${CSS.escape(event.key)}"]`;
  if (!document.querySelector(selector)) return;
  event.preventDefault();
  await updateShown();
  const target = document.querySelector(selector);
  if (target?.matches("a, button")) target.click();
  else target?.focus();
}

// Ticks the box that turns shortcuts on. Call this again after replacing the whole page.
export function showShortcutSetting() {
  const box = document.getElementById("keys-on");
  if (box) box.checked = localStorage.getItem(STORAGE_KEY) !== "off";
}

document.addEventListener("keydown", onKey);
document.addEventListener("change", (event) => {
  if (event.target.id === "keys-on") localStorage.setItem(STORAGE_KEY, event.target.checked ? "on" : "off");
});
