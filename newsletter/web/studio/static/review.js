// The review page, and comments on the entry page: forms that post and stay on the page.
import { announce } from "./announce.js";
import { refresh } from "./morph.js";
import { post } from "./requests.js";
import { showNotice, showSaved } from "./status.js";

let busy = false;

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-review]")) return;
  event.preventDefault();
  if (busy) return; // a second click changes nothing
  busy = true;
  try {
    await send(form, event.submitter);
  } finally {
    busy = false;
  }
});

// Choosing a time means approving for it.
document.addEventListener("input", (event) => {
  if (event.target.id !== "clock" || document.querySelector("[name=when]:checked")?.id.match(/^when-(at|local)$/)) return;
  document.getElementById("when-at").checked = true;
});

async function send(form, submitter) {
  const action = submitter?.hasAttribute("formaction") ? submitter.formAction : form.action;
  const { ok, body, error } = await post(new URL(action).pathname, new FormData(form, submitter));
  refuse(form, ok ? "" : [error.what, error.hint].filter(Boolean).join(": "));
  if (!ok) {
    if (error.code === "review-outdated" || error.code === "not-found") await refresh();
    return;
  }
  form.reset();
  showSaved(body.saved_at);
  showNotice(body.announce);
  await refresh();
  if (!document.activeElement || document.activeElement === document.body) document.getElementById("main").focus();
}

// Says at the form why it was refused; without words, that nothing is wrong any more.
function refuse(form, words) {
  const place = form.querySelector("[data-refusal]");
  if (place) place.textContent = words;
  else if (words) showNotice(words);
  if (words) announce(words);
}
