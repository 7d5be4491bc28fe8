// Fields that save themselves: each is a `<form data-autosave>` with the field `value` and a hidden `seen`, the value
// that the editor saw before. One save at a time for each field; what is typed meanwhile is saved next.
import { announce } from "./announce.js";
import { showConflict, hideConflict } from "./conflicts.js";
import { dropDraft, keepDraft, offerDrafts } from "./drafts.js";
import { post } from "./requests.js";
import { endedSaving, showProblem, showSaved, startedSaving } from "./status.js";

const QUIET_MS = 700; // after the last key
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];

const fields = new WeakMap(); // the state of each form

// Starts saving the page's fields, also those that are added later.
export function startSaving() {
  document.documentElement.classList.add("scripted"); // hides the fields' buttons
  document.addEventListener("input", (event) => typed(event.target.form));
  document.addEventListener("change", (event) => saveField(event.target.form));
  document.addEventListener("focusout", (event) => saveField(event.target.form));
  document.addEventListener("submit", (event) => {
    if (!isField(event.target)) return;
    event.preventDefault();
    saveField(event.target);
  });
  // The last moment at which a page on a phone can be sure to run.
  addEventListener("pagehide", () => leave());
  document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
  addEventListener("online", () => saveAll());
  offerDrafts(stateOf);
}

// Saves a field at once if its text has changed, and resolves when it is saved, or can't be. Returns whether it is.
export async function saveField(form) {
  if (!isField(form)) return true;
  const field = stateOf(form);
  clearTimeout(field.timer);
  if (!isChanged(field) || field.conflict) return !field.conflict;
  field.running ??= saveUntilDone(field).finally(() => { field.running = null; });
  return field.running;
}

// Saves all fields of the page; returns whether all are saved.
export async function saveAll() {
  const forms = [...document.querySelectorAll("form[data-autosave]")];
  return (await Promise.all(forms.map(saveField))).every(Boolean);
}

// Returns whether a field's form must be left as it is: it has the focus, or has text that isn't saved.
export function isBusy(form) {
  const field = stateOf(form);
  return form.contains(document.activeElement) || isChanged(field) || Boolean(field.running) || Boolean(field.conflict);
}

// Tells the fields that the page shows what the files have now, after it was refreshed.
export function fieldRefreshed(form) {
  if (fields.has(form)) fields.get(form).seen = seenInput(form).value;
}

// Sets a field's text as if it was typed, and saves it.
export function setField(form, value) {
  control(form).value = value;
  control(form).dispatchEvent(new Event("input", { bubbles: true }));
  return saveField(form);
}

const isField = (form) => form instanceof HTMLFormElement && "autosave" in form.dataset;
const seenInput = (form) => form.elements.namedItem("seen");

export function control(form) {
  return form.elements.namedItem("value");
}

export function valueOf(form) {
  const input = control(form);
  return input.type === "checkbox" ? (input.checked ? input.value : "") : input.value;
}

function stateOf(form) {
  if (!fields.has(form)) {
    fields.set(form, { form, seen: seenInput(form).value, sending: null, running: null, timer: 0, conflict: null });
  }
  return fields.get(form);
}

const isChanged = (field) => valueOf(field.form) !== field.seen;

function typed(form) {
  if (!isField(form)) return;
  const field = stateOf(form);
  clearTimeout(field.timer);
  if (!isChanged(field)) {
    dropDraft(form);
    return;
  }
  keepDraft(form, valueOf(form), field.seen);
  field.timer = setTimeout(() => saveField(form), QUIET_MS);
}

async function saveUntilDone(field) {
  startedSaving();
  try {
    for (let failures = 0; isChanged(field) && field.form.isConnected; ) {
      const value = valueOf(field.form);
      field.sending = value;
      const answer = await post(field.form.action, formFields(field, [field.seen]));
      field.sending = null;
      if (answer.ok) {
        accept(field, value, answer.body);
        failures = 0;
      } else if (answer.body.conflict) {
        meet(field, answer.body.conflict);
        return false;
      } else if (answer.status === 0 || answer.status >= 500) {
        showProblem(field.form, answer.body.error.what);
        await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
        failures += 1;
      } else {
        refuse(field, answer.body.error);
        return false;
      }
    }
    return true;
  } finally {
    endedSaving();
  }
}

// The studio accepts the last of several `seen` values that the file has: an overtaken save must not be a conflict.
function formFields(field, seen) {
  const values = new URLSearchParams(new FormData(field.form));
  values.delete("seen");
  for (const value of seen) values.append("seen", value);
  values.set("value", valueOf(field.form));
  return values;
}

function accept(field, sent, body) {
  showProblem(field.form, "");
  showSaved(body.saved_at);
  showError(field.form, "");
  const now = valueOf(field.form);
  if (now === sent && !field.form.contains(document.activeElement)) {
    show(field, body.value);
  } else if (body.merged) {
    // The editor doesn't see the other person's words yet: the next save merges again.
    field.seen = sent;
  } else {
    field.seen = now === sent ? sent : body.value;
    if (now === sent) field.fileValue = body.value;
  }
  seenInput(field.form).value = field.seen;
  if (!isChanged(field)) dropDraft(field.form);
  else keepDraft(field.form, now, field.seen);
  announce(body.announce);
  field.form.dispatchEvent(new CustomEvent("saved", { bubbles: true, detail: body }));
}

function show(field, value) {
  if (control(field.form).type !== "checkbox") control(field.form).value = value;
  field.seen = valueOf(field.form);
}

function refuse(field, error) {
  showProblem(field.form, `${labelOf(field.form)}: ${error.what}`);
  showError(field.form, error.hint ? `${error.what}: ${error.hint}` : error.what);
}

function showError(form, words) {
  const notes = form.querySelector(".notes");
  const input = control(form);
  notes?.querySelector(".refusal")?.remove();
  if (!words) return;
  const line = document.createElement("p");
  line.className = "refusal";
  line.textContent = words;
  notes?.append(line);
  input.setAttribute("aria-invalid", "true");
}

export function labelOf(form) {
  return form.dataset.label ?? form.querySelector("label")?.textContent ?? "";
}

function meet(field, conflict) {
  field.conflict = conflict;
  keepDraft(field.form, valueOf(field.form), field.seen);
  showProblem(field.form, `${labelOf(field.form)} was changed by somebody else`);
  showConflict(field.form, { label: labelOf(field.form), theirs: conflict.theirs, choose: (value) => settle(field, value) });
}

// Ends a conflict with the text that the editor chose; null keeps what the field has.
function settle(field, value) {
  const { theirs } = field.conflict;
  field.conflict = null;
  field.seen = theirs;
  seenInput(field.form).value = theirs;
  if (value !== null) control(field.form).value = value;
  hideConflict(field.form);
  showProblem(field.form, "");
  control(field.form).focus();
  if (isChanged(field)) saveField(field.form);
  else dropDraft(field.form);
}

// Saves what isn't saved while the page goes away. Nothing waits for the answers; the drafts stay until the next visit.
function leave() {
  for (const form of document.querySelectorAll("form[data-autosave]")) {
    const field = stateOf(form);
    if (!isChanged(field) || field.conflict || valueOf(form) === field.sending) continue;
    const seen = field.sending === null ? [field.seen] : [field.seen, field.sending];
    clearTimeout(field.timer);
    const value = valueOf(form);
    field.sending = value;
    post(form.action, formFields(field, seen), { keepalive: true }).then((answer) => {
      field.sending = null;
      if (answer.ok) accept(field, value, answer.body);
    });
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}
