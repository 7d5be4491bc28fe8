// Forms that scripts send (`data-post`), with this tab's key, so that the change can be undone here. The form says what is
// wrong; else the page shows what has changed, or leads to another one, which says what was done. The event "sent" on the
// document tells page scripts of the first, with the form; "refused" on the form tells them of an error.
import { refresh } from "./morph.js";
import { post } from "./requests.js";
import { showNotice, showProblem, showSaved } from "./status.js";

const KEY = "studio-notice"; // what the next page says
const sending = new Set(); // the changes under way
const turns = new WeakMap(); // the promise of the last answer to each form
const comparing = new WeakSet(); // forms whose changes are compared with what the one before has stored

export function startForms() {
  const words = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (words) showNotice(words);
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-post]")) return;
    event.preventDefault();
    send(event.target, event.submitter);
  });
  document.addEventListener("change", (event) => {
    if (event.target.form?.matches("[data-at-once]")) event.target.form.requestSubmit();
  });
}

async function send(form, submitter) {
  const path = submitter?.hasAttribute("formaction") ? submitter.formAction : form.action;
  const fields = new URLSearchParams(new FormData(form, submitter));
  const change = `${path}?${fields}`;
  if (sending.has(change)) return; // a second click changes nothing
  sending.add(change);
  try {
    const typed = typedIn(form);
    const answer = sendInTurn(form, path, fields);
    turns.set(form, answer);
    const { ok, body, error } = await answer;
    showRefusal(form, error);
    if (!ok) form.dispatchEvent(new CustomEvent("refused", { bubbles: true, detail: error }));
    else if (body.go_to) goTo(body.go_to, body.announce);
    else await showChange(form, typed, body);
  } finally {
    sending.delete(change);
  }
}

// Sends a form once its change before is answered: what that has stored is what this one is compared with.
async function sendInTurn(form, path, fields) {
  await turns.get(form);
  if (comparing.has(form)) fields.set("seen", form.elements.seen.value);
  const answer = await post(path, fields);
  if (answer.ok && answer.body.seen) showStored(form, fields, answer.body.seen);
  return answer;
}

// Shows what was stored where nothing else was typed meanwhile, and compares the next change with it.
function showStored(form, sent, seen) {
  comparing.add(form);
  form.elements.seen.value = seen;
  for (const [name, value] of Object.entries(JSON.parse(seen))) {
    const control = form.elements[name];
    if (control?.value === sent.get(name)) control.value = value;
  }
}

const typedIn = (form) => String(new URLSearchParams(new FormData(form)));

function goTo(path, words) {
  sessionStorage.setItem(KEY, words);
  location.assign(path);
}

async function showChange(form, typed, body) {
  if ("empties" in form.dataset && typedIn(form) === typed) form.reset(); // else somebody has begun to type the next one
  form.closest("details[data-menu], details[data-closes]")?.removeAttribute("open");
  showSaved(body.saved_at);
  showNotice(body.announce);
  await refresh();
  if (!document.activeElement || document.activeElement === document.body) document.getElementById("main").focus();
  document.dispatchEvent(new CustomEvent("sent", { detail: form }));
}

// Says why a form was refused, marks the field that is wrong and goes there; without an error, that nothing is wrong.
function showRefusal(form, error) {
  const words = error ? [error.what, error.hint].filter(Boolean).join(": ") : "";
  const place = form.querySelector("[data-refusal]");
  if (place) place.textContent = words; // it is read out
  showProblem("form", place ? "" : words);
  for (const control of form.elements) control.removeAttribute("aria-invalid");
  const control = error?.field && form.elements[error.field];
  if (!control?.setAttribute) return;
  control.setAttribute("aria-invalid", "true");
  control.focus();
}
