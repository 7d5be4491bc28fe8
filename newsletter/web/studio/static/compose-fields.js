// The fields: the subject's ruler, merge fields in the note, segments, headings of sections, the shelf's filter.
import { announce } from "./announce.js";
import { element } from "./elements.js";
import { refresh } from "./morph.js";
import { postChange } from "./status.js";
import { insertText } from "./typing.js";
import { save } from "./compose-list.js";

const FILTER_MS = 200;

export function startFields() {
  document.addEventListener("input", (event) => {
    if (event.target.id === "subject") measureSubject(event.target.value);
    if (event.target.id === "shelf-query") filterSoon(event.target);
  });
  document.addEventListener("refreshed", () => {
    const subject = document.getElementById("subject"); // it may have words that aren't in the file
    if (subject) measureSubject(subject.value);
  });
  document.addEventListener("change", (event) => {
    const members = event.target.closest("form[data-members]");
    if (members) saveMember(members, event.target);
    const rename = event.target.closest("form[data-rename]");
    if (rename) renameSection(rename);
  });
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-rename]")) {
      event.preventDefault();
      event.target.elements.title.blur();
    } else if (event.target.id === "shelf-filter") {
      event.preventDefault();
      filter(event.target.elements.q);
    }
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (button) insert(button);
    const link = event.target.closest("a[data-view-option]");
    if (link && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      history.replaceState(null, "", link.href);
      link.closest("details.menu")?.removeAttribute("open"); // it would cover the fields
      refresh().then(() => afterView(link));
    }
  });
}

// What the page's state shows now: the fields of an override get the focus, and so does an item when they close.
function afterView(link) {
  const override = document.querySelector(".override .control");
  const item = document.getElementById(decodeURIComponent(new URL(link.href).hash.slice(1)));
  if (new URL(link.href).searchParams.has("override")) override?.focus();
  else if (item && !link.isConnected) item.querySelector(".item-title")?.focus();
}

// Cuts the subject where phones and desktops cut it, with merge fields as a reader without values gets them.
function measureSubject(text) {
  const ruler = document.getElementById("ruler");
  const phone = Number(ruler.dataset.phone);
  const desktop = Number(ruler.dataset.desktop);
  const shown = text.replace(/\{\{[^{}]*?(?:default\(\s*(["'])(.*?)\1\s*\))?\s*\}\}/g, (_, __, value) => value ?? "");
  const signs = [...shown];
  const part = (from, to) => signs.slice(from, to).join("");
  const cut = (label, name, words) => [element("i", "cut", label), element("span", name, words)];
  ruler.querySelector(".ruler-text").replaceChildren(
    part(0, phone),
    ...(signs.length > phone ? cut("phone", "after-phone", part(phone, desktop)) : []),
    ...(signs.length > desktop ? cut("desktop", "after-desktop", part(desktop)) : []),
  );
  const counted = `${signs.length} character${signs.length === 1 ? "" : "s"}`;
  ruler.querySelector(".ruler-words").textContent =
    signs.length > desktop ? `${counted}: phones cut it after ${phone}, desktops after ${desktop}`
    : signs.length > phone ? `${counted}: phones cut it after ${phone}`
    : `${counted}: fits everywhere`;
  ruler.hidden = !signs.length;
}

function insert(button) {
  button.closest("details").open = false;
  insertText(document.getElementById(button.dataset.into), button.dataset.insert);
}

async function saveMember(form, box) {
  const saved = await postChange("members", form.action, { word: box.value, present: box.checked ? "yes" : "no" });
  if (saved) box.defaultChecked = box.checked;
  else box.checked = !box.checked;
}

async function renameSection(form) {
  const { section, title } = form.elements;
  const answer = await save({ change: "rename-section", section: section.value, title: title.value }, () => {
    title.value = title.defaultValue;
  }, { says: true });
  if (!answer) return;
  // Its key follows from its title.
  const around = form.closest("[data-section]");
  const key = answer.sections[[...document.querySelectorAll("[data-section]")].indexOf(around)] ?? section.value;
  section.value = key;
  title.defaultValue = title.value;
  title.id = `heading-${encodeURIComponent(key)}`;
  around.dataset.section = key;
  around.id = `section-${encodeURIComponent(key)}`;
  around.querySelector("[data-list]").dataset.list = key;
}

let timer = 0;

function filterSoon(field) {
  clearTimeout(timer);
  timer = setTimeout(() => filter(field), FILTER_MS);
}

async function filter(field) {
  clearTimeout(timer);
  const address = new URL(location.href);
  if (field.value.trim()) address.searchParams.set("q", field.value.trim());
  else address.searchParams.delete("q");
  address.searchParams.delete("more");
  if (address.href === location.href) return;
  history.replaceState(null, "", address);
  await refresh();
  const matching = document.querySelectorAll("#shelf-list [data-item]").length;
  announce(matching === 1 ? "1 entry on the shelf" : `${matching} entries on the shelf`);
}

