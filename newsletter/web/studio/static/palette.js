// The palette: find an entry, an issue or a place, or run any command of the page.
import { element } from "./elements.js";
import { addKey, commandsOfPage } from "./keys.js";
import { fetchValues } from "./requests.js";

let dialog;
let input;
let list;
let none;
let wanted = 0;

export function startPalette() {
  addKey("/", () => { open(); }, { label: "Find, or run a command", group: "Anywhere" });
  addKey("Ctrl+K", () => { open(); }, { label: "Find, or run a command", group: "Anywhere", inFields: true });
}

function open() {
  build();
  if (!dialog.open) dialog.showModal();
  input.select();
  fill();
}

function build() {
  if (dialog) return;
  dialog = element("dialog", "sheet palette");
  dialog.setAttribute("aria-label", "Find");
  input = document.createElement("input");
  Object.assign(input, { type: "text", className: "control", placeholder: "Find an entry, an issue, a command", autocomplete: "off", spellcheck: false });
  for (const [name, value] of [["role", "combobox"], ["aria-label", "Find"], ["aria-expanded", "true"], ["aria-controls", "palette-list"], ["aria-autocomplete", "list"]]) input.setAttribute(name, value);
  list = element("ul");
  list.id = "palette-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Results");
  none = element("p", "palette-none");
  none.setAttribute("role", "status");
  dialog.append(input, list, none);
  document.body.append(dialog);
  input.addEventListener("input", fill);
  input.addEventListener("keydown", onKey);
  list.addEventListener("click", (event) => choose(event.target.closest("li")));
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

function onKey(event) {
  const items = [...list.children];
  const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  if (event.key in steps && items.length) {
    event.preventDefault();
    select(items[(at + steps[event.key] + items.length) % items.length]);
  } else if (event.key === "Enter") {
    event.preventDefault();
    choose(items[at]);
  }
}

async function fill() {
  const query = input.value.trim();
  const turn = ++wanted;
  const answer = await fetchValues(`/find?q=${encodeURIComponent(query)}`);
  if (turn !== wanted) return;
  const items = answer?.items ?? []; // without the studio, the page's commands are left
  const words = query.toLowerCase().split(/\s+/);
  const commands = commandsOfPage().filter(({ label }) => words.every((word) => label.toLowerCase().includes(word)));
  const [first, later] = query ? [commands, items] : [items, commands]; // what a person types a command's words for
  list.replaceChildren(...[...first, ...later].map(listed));
  if (list.firstElementChild) select(list.firstElementChild);
  else input.removeAttribute("aria-activedescendant");
  none.textContent = list.firstElementChild ? "" : "Nothing found";
}

function listed(item, index) {
  const line = element("li");
  line.id = `palette-${index}`;
  line.setAttribute("role", "option");
  line.item = item;
  const parts = [["palette-kind", item.kind], ["palette-label", item.label], ["palette-detail", item.detail]];
  line.append(...parts.flatMap(([className, text]) => [element("span", className, text), " "]));
  return line;
}

function select(line) {
  for (const other of list.children) other.setAttribute("aria-selected", String(other === line));
  input.setAttribute("aria-activedescendant", line.id);
  line.scrollIntoView({ block: "nearest" });
}

function choose(line) {
  if (!line) return;
  dialog.close();
  if (line.item.run) line.item.run();
  else location.assign(line.item.path);
}
