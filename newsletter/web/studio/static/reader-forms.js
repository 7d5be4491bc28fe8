// Forms about readers (`data-reader-act`): posted without leaving the page, with what is wrong beside them.
import { announce } from "./announce.js";
import { refresh } from "./morph.js";
import { fetchPage, post } from "./requests.js";
import { showProblem, showSaved } from "./status.js";

export function listenToForms() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-reader-act]")) return;
    event.preventDefault();
    await act(form, event.submitter);
  });
}

async function act(form, submitter) {
  const path = new URL(submitter?.hasAttribute("formaction") ? submitter.formAction : form.action).pathname;
  const line = form.querySelector("[data-refusal]");
  const { ok, body, error } = await post(path, new FormData(form, submitter));
  const words = ok ? "" : [error.what, error.hint].filter(Boolean).join(": ");
  if (line) line.textContent = words;
  showProblem("readers", ok || line ? "" : error.what);
  mark(form, ok ? "" : error.field);
  if (!ok) {
    if (!line) announce(error.hint);
    return;
  }
  if (body.go_to) {
    location.assign(body.go_to);
    return;
  }
  showSaved(body.saved_at);
  announce(body.announce);
  if (form.elements.seen) await seeAgain(form);
  form.closest("details")?.removeAttribute("open");
  await refresh();
  document.dispatchEvent(new CustomEvent("acted", { detail: form.id }));
}

// Marks the field that is wrong, and goes there.
function mark(form, field) {
  for (const control of form.elements) control.removeAttribute("aria-invalid");
  const control = field && form.elements[field];
  if (!control?.setAttribute) return;
  control.setAttribute("aria-invalid", "true");
  control.focus();
}

// Notes what is stored now, so that the next change is compared with that.
async function seeAgain(form) {
  const page = await fetchPage(location.href);
  const fresh = page?.getElementById(form.id);
  if (!fresh) return;
  form.elements.seen.value = fresh.elements.seen.value;
  for (const control of form.querySelectorAll("input.control, select.control")) {
    const stored = fresh.elements[control.name];
    if (stored && control !== document.activeElement) control.value = stored.value;
  }
}
