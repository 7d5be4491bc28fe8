// The pages to sign in on: `<form data-ceremony>` runs a passkey ceremony, whose options come from that path, and posts
// the answer with its own fields. Its button is disabled until this script listens: the form can't be sent without it.
import { PasskeyError, runCeremony } from "./passkeys.js";
import { post } from "./requests.js";

document.addEventListener("submit", (event) => {
  const path = event.target.dataset.ceremony;
  if (!path) return;
  event.preventDefault();
  run(event.target, path);
});
for (const button of document.querySelectorAll("form[data-ceremony] button")) button.disabled = false;

async function run(form, path) {
  const line = document.getElementById("passkey-problem");
  const button = form.querySelector("button");
  line.textContent = "";
  button.disabled = true;
  try {
    const options = await answered(path, {});
    const credential = await runCeremony(options);
    const { go_to: next } = await answered(form.getAttribute("action"), [...new FormData(form), ["credential", credential]]);
    location.assign(next);
  } catch (error) {
    if (!(error instanceof PasskeyError)) throw error;
    line.textContent = error.message;
    button.disabled = false;
    button.focus();
  }
}

async function answered(path, fields) {
  const { ok, body, error } = await post(path, fields);
  if (!ok) throw new PasskeyError(error.hint ? `${error.what}: ${error.hint}` : error.what);
  return body;
}
