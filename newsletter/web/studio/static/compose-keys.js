// Keys for the list: moving an item directly, or picking it up and carrying it.
import { announce } from "./announce.js";
import { addKey } from "./keys.js";
import { holdRefreshes, releaseRefreshes } from "./morph.js";
import { focusItem, isOnShelf, itemAt, move, pin, placeOf, putBack, saveMove, show, stepFrom, titleOf, toShelf, whereabouts } from "./compose-list.js";

let carried = null; // the item, and where it was picked up

export function startListKeys() {
  const group = "In the issue";
  for (const [key, by] of [["ArrowUp", -1], ["ArrowDown", 1]]) {
    const label = by < 0 ? "Move up" : "Move down";
    addKey(`Alt+${key}`, (event) => moveBy(event, by), { label, group, inFields: true });
    const into = by < 0 ? "Into the section before" : "Into the next section";
    addKey(`Alt+Shift+${key}`, (event) => moveBy(event, by, { bySection: true }), { label: into, group, inFields: true });
  }
  addKey("m", (event) => withItem(event, pickUp), { label: "Pick up; then arrows, Enter or Escape", group });
  addKey("*", (event) => withItem(event, pin), { label: "Pin, unpin", group });
  addKey("Delete", (event) => withItem(event, (item) => (isOnShelf(item) ? false : toShelf(item))), { label: "To the shelf", group });
  document.addEventListener("keydown", whileCarrying, { capture: true });
  document.addEventListener("pointerdown", () => drop(), { capture: true });
}

// Does something with the item that has the focus; leaves the key to the browser if there is none.
export function withItem(event, action) {
  const item = itemAt(event.target);
  return item ? action(item) : false;
}

function moveBy(event, by, options) {
  const item = itemAt(event.target);
  if (item && !event.target.matches("textarea, select")) {
    move(item, stepFrom(item, by, options));
    return true;
  }
  const head = event.target.closest?.(".section-head");
  if (!head) return false;
  head.querySelector(`[value="move-section-${by < 0 ? "up" : "down"}"]`).click();
  return true;
}

function pickUp(item) {
  holdRefreshes();
  carried = { item, from: placeOf(item) };
  item.classList.add("carried");
  focusItem(item);
  announce(`${titleOf(item)} picked up. Move it with the arrow keys, drop it with Enter, put it back with Escape.`);
}

function whileCarrying(event) {
  if (!carried || event.isComposing) return;
  const { item } = carried;
  const by = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 }[event.key];
  if (by) {
    const target = stepFrom(item, by, { bySection: event.shiftKey || event.key === "ArrowLeft" || event.key === "ArrowRight" });
    if (target) show(item, target.list, target.before);
    announce(target ? whereabouts(item) : `${titleOf(item)} can’t move any further.`);
  } else if (event.key === "Enter" || event.key === "m" || event.key === " ") {
    drop();
  } else if (event.key === "Escape") {
    putDown(true);
  } else if (event.key === "Tab") {
    drop();
    return; // the focus moves on
  } else if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) {
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}

function drop() {
  if (carried) putDown(false);
}

function putDown(back) {
  const { item, from } = carried;
  carried = null;
  item.classList.remove("carried");
  if (back) {
    putBack(item, from);
    focusItem(item);
    announce(`Put back. ${whereabouts(item)}`);
  } else {
    saveMove(item, from);
  }
  releaseRefreshes();
}
