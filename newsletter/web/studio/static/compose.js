// The compose page: an issue between the shelf and its preview. Without scripts, its menus and buttons are forms.
import { startClipboard } from "./compose-clipboard.js";
import { startDragging } from "./compose-drag.js";
import { startFields } from "./compose-fields.js";
import { startListKeys } from "./compose-keys.js";
import { focusItem, itemAt, listOf, lists, move, pin, save, stepFrom, targetList, toShelf } from "./compose-list.js";
import { startPreview } from "./compose-preview.js";
import { startReaders } from "./compose-readers.js";
import { revealColumn, startTabs } from "./compose-tabs.js";
import { refresh } from "./morph.js";

// Does what a form of the page asks for: at once in the page for moves, else when it is saved.
async function submitted(form, button) {
  const fields = new URLSearchParams(new FormData(form, button));
  const item = itemAt(form) ?? itemAt(button);
  const menu = form.closest("details.menu");
  if (menu) menu.open = false;
  switch (fields.get("change")) {
    case "move-up":
    case "move-down":
      focusItem(item);
      return move(item, stepFrom(item, fields.get("change") === "move-up" ? -1 : 1));
    case "move": {
      focusItem(item);
      const list = lists().find((candidate) => candidate.dataset.list === fields.get("section"));
      return list === listOf(item) ? false : move(item, { list, before: null });
    }
    case "pin":
    case "unpin":
      focusItem(item);
      return pin(item);
    case "remove":
      focusItem(item);
      return toShelf(item);
    case "add":
      if (item && targetList()) return addFromShelf(item);
  }
  if (await save(fields, () => {}, { says: true })) {
    if (form.matches(".new-section")) form.reset();
    await refresh();
  }
}

// Adds an entry to the end of the chosen section. The focus goes on to the next entry on the shelf.
function addFromShelf(item) {
  const next = item.nextElementSibling ?? item.previousElementSibling;
  next?.querySelector(".add")?.focus();
  return move(item, { list: targetList(), before: null });
}

// Opens a menu upwards if there isn't enough room below.
function place(menu) {
  menu.classList.remove("up");
  const sheet = menu.querySelector(".menu-sheet").getBoundingClientRect();
  const column = menu.closest(".column").getBoundingClientRect();
  menu.classList.toggle("up", sheet.bottom > Math.min(innerHeight, column.bottom) && sheet.height < menu.getBoundingClientRect().top - Math.max(0, column.top));
}

document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.menu[open]")) place(event.target);
}, { capture: true });
document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-change]")) return;
  event.preventDefault();
  submitted(event.target, event.submitter);
});
// F8 may lead to a finding in a column that isn't shown.
document.addEventListener("focusin", (event) => revealColumn(event.target));

startTabs();
startFields();
if (!document.querySelector("main.compose .lockable")) {
  startListKeys();
  startClipboard();
  startDragging();
}
startPreview();
startReaders();
