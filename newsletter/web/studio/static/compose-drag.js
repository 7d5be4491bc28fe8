// Dragging with the mouse, a pen or a finger: within the issue, from the shelf, and back to it.
import Sortable from "./vendor/sortable.esm.js";
import { holdRefreshes, releaseRefreshes } from "./morph.js";
import { placeOf, saveMove } from "./compose-list.js";

const LONG_PRESS_MS = 250; // on touch screens, where a shorter touch scrolls

export function startDragging() {
  makeSortable();
  document.addEventListener("refreshed", makeSortable);
}

function makeSortable() {
  for (const list of document.querySelectorAll("[data-list]")) {
    if (Sortable.get(list)) continue;
    let from = null;
    Sortable.create(list, {
      group: "items",
      draggable: "[data-item]",
      handle: ".item-row",
      filter: ".menu, .add, input, textarea, select",
      preventOnFilter: false,
      sort: list.dataset.list !== "shelf",
      delay: LONG_PRESS_MS,
      delayOnTouchOnly: true,
      touchStartThreshold: 6,
      forceFallback: true, // the same on every device, and it works with a finger
      fallbackOnBody: true,
      fallbackTolerance: 4,
      emptyInsertThreshold: 32,
      animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 140,
      scroll: true,
      forceAutoScrollFallback: true,
      scrollSensitivity: 56,
      bubbleScroll: true,
      ghostClass: "drag-place",
      fallbackClass: "drag-image",
      // The page stays as it is from the touch on, not only from the first movement.
      onChoose: () => hold(true),
      onUnchoose: () => hold(false),
      onStart({ item }) {
        from = placeOf(item);
        document.body.classList.add("dragging");
      },
      onEnd({ item }) {
        document.body.classList.remove("dragging");
        saveMove(item, from);
      },
    });
  }
}

let held = false;

// Sortable tells of the end also where it hasn't told of the beginning.
function hold(wanted) {
  if (wanted === held) return;
  held = wanted;
  if (held) holdRefreshes();
  else releaseRefreshes();
}
