// Cut and paste of items across sections, issues and windows. What was cut is kept in this browser until it is pasted.
import { announce } from "./announce.js";
import { addKey } from "./keys.js";
import { refresh } from "./morph.js";
import { withItem } from "./compose-keys.js";
import { focusItem, isOnShelf, itemAt, itemOf, itemsIn, listOf, lists, move, page, save, targetList, titleOf } from "./compose-list.js";

const KEY = "studio-cut";
const SHELF = "";

export function startClipboard() {
  const group = "In the issue";
  addKey("Ctrl+X", (event) => withItem(event, cut), { label: "Cut", group });
  addKey("Ctrl+V", (event) => paste(itemAt(event.target), event.target), { label: "Paste below", group });
  addKey("Escape", () => (wasCut() ? forget() : false));
  document.addEventListener("click", (event) => {
    const item = itemAt(event.target);
    if (event.target.closest("[data-cut]")) cut(item);
    if (event.target.closest("[data-paste]")) paste(item, event.target);
  });
  addEventListener("storage", (event) => { if (event.key === KEY) showCut(); });
  document.addEventListener("refreshed", showCut);
  showCut();
}

function wasCut() {
  try {
    return JSON.parse(localStorage.getItem(KEY));
  } catch {
    return null;
  }
}

function cut(item) {
  if (String(getSelection())) return false; // the browser cuts or copies the selected text
  const from = isOnShelf(item) ? SHELF : page().dataset.slug;
  localStorage.setItem(KEY, JSON.stringify({ from, item: item.dataset.item, title: titleOf(item) }));
  item.querySelector("details.menu")?.removeAttribute("open");
  focusItem(item);
  showCut();
  announce(`${titleOf(item)} cut. Paste it with Control V, here or in another issue.`);
}

function forget() {
  localStorage.removeItem(KEY);
  showCut();
  announce("Cut cancelled.");
}

// Puts what was cut below an item, or at the end of a section.
function paste(item, target) {
  const held = wasCut();
  if (!held) return false;
  const list = (item && !isOnShelf(item) ? listOf(item) : target.closest("[data-section]")?.querySelector("[data-list]")) ?? targetList();
  if (!list) return false;
  const before = item && listOf(item) === list ? item.nextElementSibling : null;
  item?.querySelector("details.menu")?.removeAttribute("open");
  localStorage.removeItem(KEY);
  showCut();
  const here = itemOf(held.item) ?? document.getElementById(`shelf-${held.item}`);
  if (here && (held.from === page().dataset.slug || held.from === SHELF)) {
    if (before === here) return true;
    move(here, { list, before }).then(() => focusItem(here));
  } else {
    pasteFromElsewhere(held, list, before);
  }
  return true;
}

async function pasteFromElsewhere(held, list, before) {
  const place = { item: held.item, section: list.dataset.list, before: before?.dataset?.item ?? "" };
  const fields = held.from === SHELF ? { change: "add", ...place } : { change: "paste", from: held.from, ...place };
  if (!(await save(fields, () => {}, { says: true }))) return;
  document.addEventListener("refreshed", function focus() {
    const item = itemOf(held.item);
    if (!item) return; // this refresh was on its way before the change
    document.removeEventListener("refreshed", focus);
    focusItem(item);
  });
  refresh();
}

function showCut() {
  const held = wasCut();
  const here = held && (held.from === page()?.dataset.slug || held.from === SHELF);
  for (const list of [...lists(), ...document.querySelectorAll(".shelf-items")]) {
    for (const item of itemsIn(list)) item.classList.toggle("cut", Boolean(here && item.dataset.item === held.item));
  }
  for (const button of document.querySelectorAll("[data-paste]")) button.hidden = !held;
}
