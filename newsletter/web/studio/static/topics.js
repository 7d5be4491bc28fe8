// The topics of an entry: chips, and a combobox over the declared topics.
// https://www.w3.org/WAI/ARIA/apg/patterns/combobox/examples/combobox-autocomplete-list/
import { element } from "./elements.js";
import { refresh } from "./morph.js";
import { postChange } from "./status.js";

const input = () => document.getElementById("topic-input");
const list = () => document.getElementById("topic-options");
const box = () => document.getElementById("topic-box");
let active = -1;

export function startTopics() {
  if (!box()) return;
  document.getElementById("field-topics").hidden = true;
  box().hidden = false;
  document.addEventListener("input", (event) => { if (event.target === input()) open(); });
  document.addEventListener("focusin", (event) => { if (event.target === input()) open(); });
  document.addEventListener("focusout", (event) => { if (event.target === input()) close(); });
  document.addEventListener("keydown", (event) => { if (event.target === input()) onKey(event); });
  // The pointer must not take the focus from the input before the click.
  document.addEventListener("pointerdown", (event) => { if (list()?.contains(event.target)) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    if (list()?.contains(event.target)) choose(event.target.closest("li"));
    const name = event.target.closest?.("[data-remove]")?.dataset.remove;
    if (name) change(name, false);
  });
}

// The words in the file: a topic's slug and its other names are as good as its name, which the page shows.
const chips = () => [...document.querySelectorAll("#topic-chips [data-remove]")].map((button) => button.dataset);
const chosen = () => chips().map((chip) => chip.remove);

function open() {
  const typed = input().value.trim();
  const folded = typed.toLowerCase();
  const taken = new Set(chips().flatMap((chip) => [chip.remove.toLowerCase(), chip.name.toLowerCase()]));
  const declared = [...document.querySelectorAll("#all-topics option")].map((option) => option.value);
  const fitting = declared.filter((name) => name.toLowerCase().includes(folded) && !taken.has(name.toLowerCase()));
  const isNew = typed && !declared.some((name) => name.toLowerCase() === folded) && !taken.has(folded);
  list().replaceChildren(...fitting.map((name) => option(name, name)), ...(isNew ? [option(typed, `${typed} (not declared)`)] : []));
  active = typed && list().children.length ? 0 : -1;
  list().hidden = !list().children.length;
  show();
}

function option(name, words) {
  const item = element("li", "", words);
  item.setAttribute("role", "option");
  item.dataset.topic = name;
  return item;
}

function show() {
  [...list().children].forEach((item, index) => {
    item.id = `topic-option-${index}`;
    item.setAttribute("aria-selected", String(index === active));
    if (index === active) item.scrollIntoView({ block: "nearest" });
  });
  input().setAttribute("aria-expanded", String(!list().hidden));
  if (active < 0) input().removeAttribute("aria-activedescendant");
  else input().setAttribute("aria-activedescendant", `topic-option-${active}`);
}

function close() {
  list().hidden = true;
  active = -1;
  show();
}

function onKey(event) {
  const last = list().children.length - 1;
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    if (list().hidden) open();
    if (event.key === "ArrowDown") active = active >= last ? 0 : active + 1;
    else active = active <= 0 ? last : active - 1;
    show();
  } else if ((event.key === "Enter" || event.key === ",") && !event.isComposing) {
    if (event.key === "Enter" || input().value.trim()) event.preventDefault();
    choose(list().children[active]);
  } else if (event.key === "Escape" && (input().value || !list().hidden)) {
    event.preventDefault();
    input().value = "";
    close();
  } else if (event.key === "Backspace" && !input().value && chosen().length) {
    event.preventDefault();
    change(chosen().at(-1), false);
  }
}

function choose(item) {
  if (!item) return;
  input().value = "";
  close();
  change(item.dataset.topic, true);
}

async function change(word, present) {
  const saved = await postChange("topics", box().dataset.members, { word, present: present ? "yes" : "no" });
  if (!saved) return;
  await refresh();
  input().focus();
  close();
}
