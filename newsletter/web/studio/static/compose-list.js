// The list: moves that show at once and are saved one after the other. A refused one is taken back.
import { announce } from "./announce.js";
import { holdRefreshes, releaseRefreshes } from "./morph.js";
import { post } from "./requests.js";
import { endedSaving, showProblem, showSaved, startedSaving } from "./status.js";

const SHELF = "shelf";

export const page = () => document.querySelector("main.compose");
export const lists = () => [...document.querySelectorAll(".sections [data-list]")];
export const listOf = (item) => item.closest("[data-list]");
export const itemsIn = (list) => [...list.children].filter((child) => "item" in child.dataset);
export const isOnShelf = (item) => listOf(item)?.dataset.list === SHELF;
export const titleOf = (item) => item.dataset.title;
export const itemOf = (key) => lists().flatMap(itemsIn).find((item) => item.dataset.item === key);

// Returns the item that an element belongs to, or null.
export function itemAt(element) {
  return element?.closest?.("[data-list] > [data-item]") ?? null;
}

export function focusItem(item) {
  const target = item?.querySelector(".item-title");
  target?.focus({ preventScroll: true });
  target?.scrollIntoView({ block: "nearest" });
}

// Says where an item is now: "Night train, 2 of 5, On the move".
export function whereabouts(item) {
  const list = listOf(item);
  if (list.dataset.list === SHELF) return removalOf(item);
  const items = itemsIn(list);
  return `${titleOf(item)}, ${items.indexOf(item) + 1} of ${items.length}, ${list.getAttribute("aria-label")}.`;
}

// Blocks have no place on the shelf.
function removalOf(item) {
  return "entry" in item.dataset ? `${titleOf(item)} is on the shelf.` : `${titleOf(item)} is no longer in the issue.`;
}

// Where an item is, to put it back there.
export function placeOf(item) {
  return { list: listOf(item), next: item.nextElementSibling };
}

export function putBack(item, { list, next }) {
  list.insertBefore(item, next?.parentElement === list ? next : null);
}

const isAt = (item, { list, next }) => listOf(item) === list && item.nextElementSibling === next;

// Moves an item in the page only, and keeps the focus on it.
export function show(item, list, before) {
  const focused = document.activeElement;
  const inside = item.contains(focused);
  list.insertBefore(item, before ?? null);
  if (inside) focused.focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest" });
}

// Returns the list and the item before which an item goes one step up (-1) or down (1), or null at the end. With
// `bySection`, it goes into the next section.
export function stepFrom(item, by, { bySection = false } = {}) {
  const list = listOf(item);
  const all = lists();
  const at = all.indexOf(list);
  if (at < 0) return all.length ? { list: targetList(), before: null } : null; // from the shelf
  const items = itemsIn(list);
  const within = items.indexOf(item);
  if (!bySection && by < 0 && within > 0) return { list, before: items[within - 1] };
  if (!bySection && by > 0 && within + 1 < items.length) return { list, before: items[within + 2] ?? null };
  const next = all[at + by];
  if (!next) return null;
  return { list: next, before: by > 0 ? itemsIn(next)[0] ?? null : null };
}

// The list that what is added from the shelf goes to.
export function targetList() {
  const chosen = document.getElementById("add-to")?.value;
  const all = lists();
  return all.find((list) => list.dataset.list === chosen) ?? all.at(-1);
}

// Saves an item's new place, which the page shows already. `from` is where it was.
export function saveMove(item, from) {
  if (isAt(item, from)) return Promise.resolve(true);
  const key = item.dataset.item;
  const wasOnShelf = from.list.dataset.list === SHELF;
  const nowOnShelf = isOnShelf(item);
  if (wasOnShelf && nowOnShelf) {
    putBack(item, from);
    return Promise.resolve(true);
  }
  const id = item.id;
  item.id = nowOnShelf ? `shelf-${key}` : `item-${key}`;
  announce(whereabouts(item));
  const next = item.nextElementSibling?.dataset.item ?? "";
  const place = { section: listOf(item).dataset.list, before: next };
  const fields = nowOnShelf
    ? { change: "remove", item: key }
    : { change: wasOnShelf ? "add" : "move", item: key, ...place };
  return save(fields, () => { item.id = id; show(item, from.list, from.next?.parentElement === from.list ? from.next : null); });
}

export function move(item, target) {
  if (!target) {
    announce(`${titleOf(item)} can’t move any further.`);
    return Promise.resolve(false);
  }
  const from = placeOf(item);
  show(item, target.list, target.before);
  return saveMove(item, from);
}

export function toShelf(item) {
  const from = placeOf(item);
  const next = [item.nextElementSibling, item.previousElementSibling].find((other) => other && "item" in other.dataset);
  const hadFocus = item.contains(document.activeElement);
  item.remove();
  if (hadFocus) {
    if (next) focusItem(next);
    else document.querySelector("main.compose").focus();
  }
  announce(removalOf(item));
  return save({ change: "remove", item: item.dataset.item }, () => { putBack(item, from); focusItem(item); });
}

export function pin(item) {
  if (!("entry" in item.dataset) || isOnShelf(item)) return Promise.resolve(false);
  const pinned = !item.classList.contains("pinned");
  item.classList.toggle("pinned", pinned);
  announce(`${titleOf(item)} is ${pinned ? "pinned" : "no longer pinned"}.`);
  const fields = { change: pinned ? "pin" : "unpin", item: item.dataset.item };
  return save(fields, () => item.classList.toggle("pinned", !pinned));
}

let queue = Promise.resolve();

// Posts a change of the list after those before it. `restore` takes it back in the page if it is refused. Returns the
// answer's body, or null.
export function save(fields, restore = () => {}, { says = false } = {}) {
  holdRefreshes();
  startedSaving();
  queue = queue.then(() => send(fields, restore, says));
  return queue;
}

async function send(fields, restore, says) {
  const { ok, body, error } = await post(`${page().dataset.path}/changes`, fields);
  if (ok) {
    showProblem("list", "");
    showSaved(body.saved_at);
    announce(says ? body.announce : body.notes.join(" ")); // the notes are in the announcement, too
  } else {
    restore();
    showProblem("list", [error.what, error.hint].filter(Boolean).join(": "));
  }
  endedSaving();
  releaseRefreshes({ stale: !ok });
  return ok ? body : null;
}
