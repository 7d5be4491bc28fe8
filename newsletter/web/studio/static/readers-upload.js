// The page that uploads a file of readers: by dropping it anywhere on the page, with its progress.
import { announce } from "./announce.js";
import { upload } from "./requests.js";

const form = document.getElementById("upload");
const input = document.getElementById("file");
const drop = document.getElementById("drop");
const problem = document.getElementById("upload-problem");
const bar = document.getElementById("upload-bar");
const words = document.getElementById("upload-words");
let depth = 0;

document.addEventListener("dragenter", (event) => {
  if (!hasFiles(event)) return;
  depth += 1;
  drop.classList.add("over");
});
document.addEventListener("dragleave", (event) => {
  if (!hasFiles(event)) return;
  depth -= 1;
  if (depth <= 0) leave();
});
document.addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
document.addEventListener("drop", (event) => {
  if (!hasFiles(event)) return;
  event.preventDefault();
  leave();
  input.files = event.dataTransfer.files;
  form.requestSubmit();
});
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  await send();
});

function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files");
}

function leave() {
  depth = 0;
  drop.classList.remove("over");
}

async function send() {
  const button = form.querySelector(".button.main");
  problem.textContent = "";
  button.disabled = true;
  document.getElementById("upload-progress").hidden = false;
  words.textContent = "Uploading…";
  announce("Uploading the file");
  const { ok, body, error } = await upload(form.getAttribute("action"), new FormData(form), (share) => { bar.value = 100 * share; });
  if (ok) {
    location.assign(body.go_to);
    return;
  }
  button.disabled = false;
  document.getElementById("upload-progress").hidden = true;
  problem.textContent = [error.what, error.hint].filter(Boolean).join(": ");
}
