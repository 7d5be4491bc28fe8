// Refreshes the page's regions (`data-region`, each with an id) when a file has changed. Fields with the focus, or with
// text that isn't saved, are left as they are, and so are the scroll position and what is open.
import { Idiomorph } from "./vendor/idiomorph.esm.js";
import { onChange, startListening } from "./changes.js";
import { fetchPage } from "./requests.js";
import { showCommits, showConnection } from "./status.js";
import { controlOf, fieldRefreshed, isBusy, isField } from "./saving.js";

const LOCAL = ["open", "hidden", "aria-expanded"]; // attributes that belong to this page, not to the files
const AFTER_SAVE_MS = 120; // by then the studio has usually told of the saved file, too

let latest = 0;
let timer = 0;
let skipped = false; // a field that could not be refreshed, since it was busy
let running = 0; // refreshes that aren't shown yet
let holds = 0;
let missed = false; // whether a refresh was due while they were held

export function listenForChanges() {
  onChange("revision", (revision) => { if (revision !== document.documentElement.dataset.revision) refresh(); });
  // Folders on some network shares tell of no changes: then this does.
  onChange("saved", refreshSoon);
  onChange("links", refreshSoon);
  onChange("commits", (state) => showCommits(JSON.parse(state)));
  onChange("connection", showConnection);
  onChange("remote", refresh); // the header names conflicts, and a page of its own shows them
  document.addEventListener("saved", overtake);
  document.addEventListener("focusout", () => { if (skipped) refreshSoon(); });
  startListening();
}

function refreshSoon() {
  timer ||= setTimeout(refresh, AFTER_SAVE_MS);
}

// A page that was fetched before a field was saved has the text from before it.
function overtake() {
  latest += 1;
  if (running) refreshSoon();
}

// Keeps the page as it is while something is dragged, carried or being saved. Each hold needs its release.
export function holdRefreshes() {
  holds += 1;
  latest += 1; // what is on its way may be older than what the page shows now
  missed ||= running > 0;
}

// Ends a hold. The page is refreshed if that was due meanwhile, or if it is `stale`.
export function releaseRefreshes({ stale = false } = {}) {
  holds -= 1;
  missed ||= stale;
  if (!holds && missed) refresh();
}

// Fetches the page again and changes the regions that differ. Dispatches `refreshed` on the document afterwards.
export async function refresh() {
  clearTimeout(timer);
  timer = 0;
  if (holds) {
    missed = true;
    return;
  }
  missed = false;
  running += 1;
  try {
    await fetchAndMorph();
  } finally {
    running -= 1;
  }
}

async function fetchAndMorph() {
  if (document.querySelector("main[data-answer]")) return; // the answer to a form is at no address of its own
  const update = ++latest;
  const next = await fetchPage(location.href, { anyStatus: true });
  if (!next || update !== latest) return; // a later refresh has overtaken this one
  const [wasBroken, isBroken] = [document, next].map((page) => Boolean(page.getElementById("broken")));
  if (wasBroken && !isBroken) location.reload(); // what was missing or broken is there
  if (wasBroken !== isBroken) return; // what is typed is still there when the files can be read again
  skipped = false;
  for (const region of next.querySelectorAll("[data-region]")) {
    const current = document.getElementById(region.id);
    if (current) morph(current, region);
  }
  document.title = next.title;
  document.documentElement.dataset.revision = next.documentElement.dataset.revision ?? "";
  document.dispatchEvent(new CustomEvent("refreshed"));
}

// Changes an element into another. Never touches a busy field, and leaves what is typed or chosen anywhere else.
export function morph(current, next) {
  const choices = new Map();
  Idiomorph.morph(current, next, {
    ignoreActiveValue: false, // fields are kept below; a button with the focus that has become another gets its new words
    restoreFocus: true,
    callbacks: {
      beforeNodeMorphed: (node, fresh) => {
        const kept = isKept(node);
        if (kept && isField(node)) refreshFindings(node, fresh);
        if (!kept && isChosen(node)) choices.set(node, [node.value, node.checked]);
        return !kept;
      },
      beforeNodeRemoved: (node) => !isKept(node),
      beforeAttributeUpdated: (name, node) => !(LOCAL.includes(name) && node.matches("details, dialog, [data-local]")),
      afterNodeMorphed: (node) => {
        if (isField(node)) fieldRefreshed(node);
        if (choices.has(node)) chooseAgain(node, ...choices.get(node));
      },
    },
  });
}

// Returns whether a control that doesn't save itself has another value than the page came with.
function isChosen(node) {
  if (!(node instanceof Element) || !node.matches("input, select, textarea") || isField(node.form)) return false;
  if (node.localName === "select") return [...node.options].some((option) => option.selected !== option.defaultSelected);
  return node.value !== node.defaultValue || node.checked !== node.defaultChecked;
}

function chooseAgain(node, value, checked) {
  if (node.type === "checkbox" || node.type === "radio") node.checked = checked;
  else if (node.localName !== "select" || [...node.options].some((option) => option.value === value)) node.value = value;
}

// Shows a busy field's findings as they are now: its text stays.
function refreshFindings(form, fresh) {
  const [notes, others] = [form, fresh].map((element) => element.querySelector(".notes"));
  const [list, next] = [notes, others].map((element) => element?.querySelector(".findings"));
  if (!notes || list?.contains(document.activeElement) || list?.outerHTML === next?.outerHTML) return;
  list?.remove();
  if (next) notes.prepend(document.adoptNode(next));
  form.classList.toggle("noted", Boolean(next));
  const [control, other] = [form, fresh].map(controlOf);
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (other.hasAttribute(name)) control.setAttribute(name, other.getAttribute(name));
    else control.removeAttribute(name);
  }
}

function isKept(node) {
  if (!(node instanceof Element)) return false;
  if (isField(node)) {
    const busy = isBusy(node);
    skipped ||= busy;
    return busy;
  }
  if (node.matches("[data-keep]")) return true;
  return node === document.activeElement && node.matches("input, textarea, select");
}
