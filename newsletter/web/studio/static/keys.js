// Keys. An element with `data-key` is clicked, or gets the focus if it is a field; scripts add others with `addKey`.
//
// A key is written as in "c", "g d" (one after the other), "Ctrl+S", "Alt+ArrowUp", "F8", "*". Single keys work outside
// fields only, and can be switched off (WCAG 2.1.4). Ctrl stands for ⌘ on a Mac.
import { element } from "./elements.js";

const STORAGE_KEY = "shortcuts"; // shared with the preview
const SEQUENCE_MS = 1500;

const added = new Map(); // actions by key
let pending = ""; // the first key of a sequence
let pendingTimer = 0;

// Adds an action for a key. `label` and `group` are for the list of keys; an action returns false to leave the key to
// the browser. It works in fields too with `inFields`, as Ctrl+S must, and the palette offers it as a `command`.
export function addKey(key, action, { label, group = "This page", inFields = false, command = false } = {}) {
  added.set(key, { action, label, group, inFields, command });
}

export function startKeys() {
  document.addEventListener("keydown", onKey);
  const box = document.getElementById("keys-on");
  if (box) {
    box.checked = singleKeysOn();
    box.addEventListener("change", () => localStorage.setItem(STORAGE_KEY, box.checked ? "on" : "off"));
  }
  const menu = document.getElementById("menu");
  menu?.addEventListener("beforetoggle", listKeys);
  // Its buttons do what keys do, for fingers. Without scripts, they are forms.
  menu?.addEventListener("click", (event) => {
    const { command } = event.target.closest("[data-command]")?.dataset ?? {};
    if (!command) return;
    event.preventDefault();
    menu.hidePopover();
    added.get(command).action(event);
  });
}

export function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return;
  const key = nameOf(event);
  if (!key) return;
  const isSingle = !/^(Ctrl\+|Alt\+|(Shift\+)?F\d|Escape$)/.test(key);
  const inField = isField(event.target);
  if (isSingle && (inField || !singleKeysOn())) return;
  const wanted = isSingle && pending ? `${pending} ${key}` : key;
  pending = "";
  clearTimeout(pendingTimer);
  if (run(wanted, event, inField) || (key === "Escape" && leaveField(event))) {
    event.preventDefault();
  } else if (isSingle && beginsSequence(key)) {
    event.preventDefault();
    pending = key;
    pendingTimer = setTimeout(() => { pending = ""; }, SEQUENCE_MS);
  }
}

function run(key, event, inField) {
  const registered = added.get(key);
  if (registered && (!inField || registered.inFields)) return registered.action(event) !== false;
  if (inField && !/^(Ctrl\+|F\d)/.test(key)) return false;
  const target = elementsWithKeys().find((element) => element.dataset.key === key && isVisible(element));
  if (!target || event.repeat) return false;
  use(target);
  return true;
}

// Tab goes on from where the field is. Lists of choices and windows use the key themselves.
function leaveField({ target }) {
  if (!isField(target) || target.closest("dialog, [popover]") || target.getAttribute("aria-expanded") === "true") return false;
  target.blur();
  return true;
}

function use(element) {
  if (element.matches("input:not([type=checkbox]), textarea, select")) element.focus();
  else element.click();
}

// Returns what the palette can run on this page: its elements with keys, except places, and the actions that are commands.
export function commandsOfPage() {
  const elements = elementsWithKeys().filter((element) => isVisible(element) && element.dataset.keyGroup !== "Go to");
  const own = elements.map((element) => ({ label: labelOf(element), detail: element.dataset.key, run: () => use(element) }));
  const actions = [...added].filter(([, { command }]) => command);
  const others = actions.map(([key, { label, action }]) => ({ label, detail: key, run: action }));
  return [...own, ...others].map((command) => ({ kind: "Command", ...command }));
}

const labelOf = (element) =>
  element.dataset.keyLabel ?? element.getAttribute("aria-label") ?? element.textContent.trim();

function nameOf(event) {
  if (["Control", "Shift", "Alt", "Meta", "Dead", "Unidentified", "Process"].includes(event.key)) return "";
  const isSign = event.key.length === 1;
  const key = isSign && (event.ctrlKey || event.metaKey) ? event.key.toUpperCase() : event.key;
  // A sign such as * or ? needs Shift on some keyboards and not on others.
  const shift = event.shiftKey && (!isSign || event.ctrlKey || event.metaKey) ? "Shift+" : "";
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${event.altKey ? "Alt+" : ""}${shift}${key}`;
}

const isField = (element) =>
  Boolean(element.closest?.("input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]"));
const singleKeysOn = () => localStorage.getItem(STORAGE_KEY) !== "off";
const elementsWithKeys = () => [...document.querySelectorAll("[data-key]")];
const isVisible = (element) => element.getClientRects().length > 0;

function beginsSequence(key) {
  const keys = [...added.keys(), ...elementsWithKeys().map((element) => element.dataset.key)];
  return keys.some((other) => other.startsWith(`${key} `));
}

// Fills the list of the page's keys: those of its visible elements and those that scripts have added.
function listKeys() {
  const list = document.getElementById("key-list");
  const groups = new Map();
  const add = (group, key, label) => groups.set(group, (groups.get(group) ?? new Map()).set(key, label));
  for (const element of elementsWithKeys().filter(isVisible)) {
    add(element.dataset.keyGroup ?? "This page", element.dataset.key, labelOf(element));
  }
  add("Anywhere", "Escape", "Leave a field");
  for (const [key, { label, group }] of added) if (label) add(group, key, label);
  list.replaceChildren(...[...groups].flatMap(([group, keys]) => [element("h3", "eyebrow", group), definitions(keys)]));
}

function definitions(keys) {
  const list = element("dl");
  for (const [key, label] of keys) {
    const row = element("div");
    const term = element("dt");
    term.append(...key.split(" ").flatMap((part) => [keyCap(part), " "]));
    row.append(term, element("dd", "", label));
    list.append(row);
  }
  return list;
}

const keyCap = (part) => element("kbd", "", part.replace("ArrowUp", "↑").replace("ArrowDown", "↓"));
