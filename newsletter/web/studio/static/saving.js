// Fields that save themselves: each is a `<form data-autosave>` with the field `value` and a hidden `seen`, the value
// that the editor saw before. One save at a time for each field; what is typed meanwhile is saved next. With
// `data-autosave="by-hand"`, only the form's button and Ctrl+S save.
import { announce } from "./announce.js";
import { hideVersions, showVersions } from "./conflicts.js";
import { dropDraft, keepDraft, offerDrafts } from "./drafts.js";
import { element } from "./elements.js";
import { post } from "./requests.js";
import { endedSaving, showProblem, showSaved, startedSaving } from "./status.js";

const QUIET_MS = 700; // after the last key
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];

const fields = new WeakMap(); // the state of each form

// Starts saving the page's fields, also those that are added later.
export function startSaving() {
  document.addEventListener("input", (event) => typed(event.target.form));
  for (const event of ["change", "focusout"]) document.addEventListener(event, (happened) => saveByItself(happened.target.form));
  document.addEventListener("submit", (event) => {
    if (!isField(event.target)) return;
    event.preventDefault();
    saveField(event.target);
  });
  addEventListener("pagehide", leave);
  // On a phone, this may be the last moment at which the page runs.
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
  addEventListener("online", saveAll);
}

// Offers what was typed into the page's fields before, in tabs that are closed now, and never saved.
export function offerKeptDrafts() {
  offerDrafts(allFields(), useDraft);
}

// Saves a field at once if its text has changed. Resolves when it is saved, or can't be, with whether it is.
async function saveField(form) {
  if (!isField(form)) return true;
  const field = stateOf(form);
  clearTimeout(field.timer);
  if (field.conflict !== null) return false;
  if (!isChanged(field)) return true;
  field.running ??= saveUntilDone(field).finally(() => { field.running = null; });
  return field.running;
}

function saveByItself(form) {
  if (isField(form) && !isByHand(form)) saveField(form);
}

// Saves all fields of the page; returns whether all are saved.
export async function saveAll() {
  return (await Promise.all(allFields().map(saveField))).every(Boolean);
}

// Sets a field's text as if it was typed, and saves it.
export function setField(form, value) {
  controlOf(form).value = value;
  controlOf(form).dispatchEvent(new Event("input", { bubbles: true }));
  return saveField(form);
}

// Returns whether a field's form must be left as it is: it has the focus, or text that isn't saved.
export function isBusy(form) {
  const field = stateOf(form);
  return form.contains(document.activeElement) || isChanged(field) || Boolean(field.running) || isAsking(field);
}

// Notes that a field shows what the file has now, after the page was refreshed.
export function fieldRefreshed(form) {
  if (fields.has(form)) fields.get(form).seen = seenInput(form).value;
}

// The element that a field's text is typed into.
export function controlOf(form) {
  return form.elements.namedItem("value");
}

function valueOf(form) {
  const control = controlOf(form);
  return control.type === "checkbox" ? (control.checked ? control.value : "") : control.value;
}

export function labelOf(form) {
  return form.dataset.label ?? form.querySelector("label")?.textContent ?? "";
}

export const isField = (form) => form instanceof HTMLFormElement && "autosave" in form.dataset;

const isByHand = (form) => form.dataset.autosave === "by-hand";
const allFields = () => [...document.querySelectorAll("form[data-autosave]")];
const seenInput = (form) => form.elements.namedItem("seen");
const isChanged = (field) => valueOf(field.form) !== field.seen;
const isAsking = (field) => field.form.querySelector(".conflict")?.hidden === false;

// The state of a field: `seen` is the file's text that the editor has seen, `sending` the one on its way, `unanswered`
// those that were sent and may be in the file, `running` the promise of the save under way, and `conflict` the text of
// somebody else that the editor has to decide about.
function stateOf(form) {
  if (!fields.has(form)) {
    const seen = seenInput(form).value;
    fields.set(form, { form, seen, sending: null, unanswered: [], running: null, timer: 0, conflict: null });
  }
  return fields.get(form);
}

function setSeen(field, text) {
  field.seen = text;
  seenInput(field.form).value = text;
}

function typed(form) {
  if (!isField(form)) return;
  const field = stateOf(form);
  clearTimeout(field.timer);
  keepOrDropDraft(field);
  if (isChanged(field)) field.timer = setTimeout(() => { if (!isEmptied(form)) saveByItself(form); }, QUIET_MS);
}

// Whether a text was emptied, perhaps only to be written anew: it is saved when the field is left. Without a quotation,
// the framing before and after it would become one, and the new quotation would come after both.
function isEmptied(form) {
  const control = controlOf(form);
  return control instanceof HTMLTextAreaElement && control.value.trim() === "" && control === document.activeElement;
}

function keepOrDropDraft(field) {
  if (isChanged(field)) keepDraft(field.form, valueOf(field.form), field.seen);
  else dropDraft(field.form);
}

async function saveUntilDone(field) {
  startedSaving();
  try {
    for (let failures = 0; isChanged(field) && field.form.isConnected; ) {
      const value = valueOf(field.form);
      const answer = await send(field, value);
      if (answer.ok) {
        accept(field, value, answer.body);
        failures = 0;
      } else if (answer.body.conflict) {
        meet(field, answer.body.conflict.theirs);
        return false;
      } else if (mayWorkLater(answer)) {
        showProblem(field.form, answer.error.what);
        await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
        failures += 1;
      } else {
        refuse(field, answer.error);
        return false;
      }
    }
    return true;
  } finally {
    endedSaving();
  }
}

// The studio may be stopped, or restarted and not opened yet with its new address; the files may be locked (503). Or the
// person is signed out, and signs in again in another tab.
function mayWorkLater({ status, error }) {
  return status === 0 || status >= 500 || error.code === "locked" || error.code === "not-signed-in";
}

// A text whose save wasn't answered counts as seen, too: the connection may have ended after it was saved, and a page
// that is being left may end its requests before it can send its last text.
async function send(field, value, options = {}) {
  const values = new URLSearchParams(new FormData(field.form));
  values.set("value", value);
  values.delete("seen");
  const unanswered = field.unanswered.filter((text) => text !== value);
  for (const text of [...unanswered, field.seen]) values.append("seen", text); // the last is what a merge begins with
  field.sending = value;
  field.unanswered = [...unanswered, value];
  const answer = await post(field.form.action, values, options);
  if (field.sending === value) field.sending = null;
  if (answer.status > 0 && answer.status < 500) field.unanswered.splice(0, field.unanswered.indexOf(value) + 1);
  return answer;
}

function accept(field, sent, body) {
  const now = valueOf(field.form);
  const isLeft = now === sent && !field.form.contains(document.activeElement);
  if (isLeft && controlOf(field.form).type !== "checkbox") controlOf(field.form).value = body.value;
  // Where the editor goes on typing, they don't see somebody else's words yet: the next save merges again.
  setSeen(field, isLeft ? valueOf(field.form) : now === sent || body.merged ? sent : body.value);
  keepOrDropDraft(field);
  showProblem(field.form, "");
  showRefusal(field.form, "");
  showSaved(body.saved_at);
  announce(body.announce);
  field.form.dispatchEvent(new CustomEvent("saved", { bubbles: true, detail: body }));
}

function refuse(field, error) {
  showProblem(field.form, `${labelOf(field.form)}: ${error.what}`);
  showRefusal(field.form, error.hint ? `${error.what}: ${error.hint}` : error.what);
}

function showRefusal(form, words) {
  const notes = form.querySelector(".notes");
  notes?.querySelector(".refusal")?.remove();
  if (!words || !notes) return;
  notes.append(element("p", /^\p{L}/u.test(words) ? "refusal" : "refusal quoting", words));
}

function meet(field, theirs) {
  field.conflict = theirs;
  keepDraft(field.form, valueOf(field.form), field.seen);
  showProblem(field.form, `somebody else has changed ${labelOf(field.form)}`);
  showVersions(field.form, { label: labelOf(field.form), theirs, choose: (value) => settle(field, theirs, value) });
}

// Ends a conflict with the text that the editor chose; null keeps what the field has.
function settle(field, theirs, value) {
  field.conflict = null;
  setSeen(field, theirs);
  showProblem(field.form, "");
  replaceText(field, value);
}

// Uses a draft instead of the file's text, or not. What it was typed over may have changed since: then the studio
// merges the two, or asks.
function useDraft(form, draft, value) {
  const field = stateOf(form);
  if (value === draft.value) setSeen(field, draft.seen);
  replaceText(field, value);
}

function replaceText(field, value) {
  if (value !== null) controlOf(field.form).value = value;
  hideVersions(field.form);
  keepOrDropDraft(field);
  controlOf(field.form).focus();
  saveField(field.form);
}

// Saves what isn't saved while the page goes away. If that fails, the draft is left.
function leave() {
  for (const form of allFields()) {
    const field = stateOf(form);
    const value = valueOf(form);
    if (!isChanged(field) || isByHand(form) || field.conflict !== null || value === field.sending) continue;
    clearTimeout(field.timer);
    send(field, value, { keepalive: true }).then((answer) => { if (answer.ok) accept(field, value, answer.body); });
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds);
    addEventListener("online", resolve, { once: true });
  });
}
