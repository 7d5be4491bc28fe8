// The capture window: filled in from the bookmarklet's fragment, then from the page itself. Enter saves and closes.
import { announce } from "./announce.js";
import { cleanUrl } from "./cleaning.js";
import { element } from "./elements.js";
import { addKey } from "./keys.js";
import { escapeText } from "./pasting.js";
import { post } from "./requests.js";
import { showProblem, showSaved } from "./status.js";

const FIELDS = ["title", "source", "author", "date", "language", "minutes", "kind", "image", "paywall"];
const form = document.getElementById("capture");
const field = (name) => form.elements.namedItem(name);
const reading = document.getElementById("reading");
const closes = Boolean(opener) || history.length === 1; // a window of its own, and not a tab of the studio
let turn = 0;

fill();
addEventListener("hashchange", fill); // another link was pasted here
addKey("Ctrl+Enter", () => { form.requestSubmit(); }, { label: "Save and close", inFields: true });
document.getElementById("read-page").hidden = true;
document.getElementById("closes").hidden = !closes;
form.addEventListener("input", (event) => {
  if (FIELDS.includes(event.target.name)) setOrigin(event.target.name, "you");
});
field("url").addEventListener("change", () => read());
field("url").addEventListener("paste", () => setTimeout(() => read()));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  save();
});

// The fragment is never part of a request; it is taken out of the address, and so out of the history, at once.
function fill() {
  const sent = new URLSearchParams(location.hash.slice(1));
  if (sent.get("url")) {
    history.replaceState(null, "", location.pathname);
    field("url").value = cleanUrl(sent.get("url"));
    field("selection").value = escapeText((sent.get("selection") ?? "").trim());
    set("title", (sent.get("title") ?? "").trim(), "browser");
    field("title").focus();
  }
  if (field("url").value && (sent.get("url") || "read" in form.dataset)) read();
}

async function read() {
  const url = field("url").value.trim();
  if (!/^https?:\/\/./i.test(url)) return;
  const mine = ++turn;
  show("Reading the page…");
  const { ok, body, error } = await post("/capture/read", new FormData(form));
  if (mine !== turn) return;
  show("");
  if (!ok) {
    showFound([], sentence(error.what));
    return;
  }
  for (const name of FIELDS) {
    if (originOf(name) !== "you") set(name, body.values[name] ?? "", body.origins[name] ?? "");
  }
  if (field("url").value.trim() === url) field("url").value = body.url;
  showFound(body.duplicates, sentence(body.problem));
}

function set(name, value, origin) {
  const input = field(name);
  if (input.type === "checkbox") input.checked = value === "true";
  else input.value = value;
  field(`was-${name}`).value = value;
  setOrigin(name, value ? origin : "");
}

const originOf = (name) => field(`origin-${name}`).value;

function setOrigin(name, origin) {
  field(`origin-${name}`).value = origin;
  const shown = form.querySelector(`[data-origin-of="${name}"]`);
  if (shown) shown.textContent = origin;
}

function show(words) {
  reading.textContent = words;
  form.setAttribute("aria-busy", String(Boolean(words)));
}

function showFound(duplicates, problem) {
  const place = document.getElementById("found");
  place.replaceChildren();
  if (duplicates.length) {
    const list = element("ul", "duplicates");
    for (const { words, detail, path, ran } of duplicates) {
      const item = element("li");
      const link = element("a", `badge ${ran ? "error" : "warning"}`, words);
      Object.assign(link, { href: path, target: "_blank" });
      item.append(link, " ", element("span", "quiet", detail));
      list.append(item);
    }
    place.append(list);
  }
  if (problem) place.append(element("p", "problem", problem));
}

const sentence = (words) => (words ? `${words[0].toUpperCase()}${words.slice(1)}.` : "");

async function save() {
  const button = document.getElementById("save");
  if (button.disabled) return;
  turn += 1; // what is still being read comes too late
  button.disabled = true;
  const { ok, body, error } = await post("/capture", new FormData(form));
  button.disabled = false;
  showProblem("capture", ok ? "" : error.what);
  if (!ok) {
    showFound([], `Not saved: ${error.what}${error.hint ? ` (${error.hint})` : ""}.`);
    return;
  }
  showSaved(body.saved_at);
  announce(body.announce);
  keep(body);
  if (closes) window.close(); // only works in a window that a script has opened
}

function keep(body) {
  const kept = document.getElementById("kept");
  document.getElementById("kept-words").textContent = body.announce;
  document.getElementById("kept-path").href = body.path;
  form.hidden = true;
  kept.hidden = false;
  kept.focus();
}
