// The review page, and comments on the entry page: forms that post and stay on the page.
import { announce } from "./announce.js";
import { refresh } from "./morph.js";
import { post } from "./requests.js";
import { showNotice, showSaved } from "./status.js";

const sending = new Set(); // the changes under way

document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!form.matches("[data-review]")) return;
  event.preventDefault();
  const path = new URL(submitter?.hasAttribute("formaction") ? submitter.formAction : form.action).pathname;
  const fields = new URLSearchParams(new FormData(form, submitter));
  const change = `${path}?${fields}`;
  if (sending.has(change)) return; // a second click changes nothing
  sending.add(change);
  try {
    await send(form, path, fields);
  } finally {
    sending.delete(change);
  }
});

// Choosing a time means approving for it.
document.addEventListener("input", (event) => {
  if (event.target.id !== "clock" || document.querySelector("[name=when]:checked")?.id.match(/^when-(at|local)$/)) return;
  document.getElementById("when-at").checked = true;
});

async function send(form, path, fields) {
  const text = textOf(form);
  const { ok, body, error } = await post(path, fields);
  refuse(form, ok ? "" : [error.what, error.hint].filter(Boolean).join(": "));
  if (!ok) {
    if (error.code === "review-outdated" || error.code === "not-found") await refresh();
    return;
  }
  if (textOf(form) === text) form.reset(); // else somebody has begun to type the next one
  showSaved(body.saved_at);
  showNotice(body.announce);
  await refresh();
  if (!document.activeElement || document.activeElement === document.body) document.getElementById("main").focus();
}

const textOf = (form) => form.querySelector("textarea")?.value;

// Says at the form why it was refused; without words, that nothing is wrong any more.
function refuse(form, words) {
  const place = form.querySelector("[data-refusal]");
  if (place) place.textContent = words;
  else if (words) showNotice(words);
  if (words) announce(words);
}
