// The links page: Enter in the box adds, cards are acted on without leaving the page, and a dropped link can be undone.
import { announce } from "./announce.js";
import { addKey } from "./keys.js";
import { refresh } from "./morph.js";
import { pastedLink } from "./catching.js";
import { cleanUrl } from "./cleaning.js";
import { post } from "./requests.js";
import { postChange, showProblem, showSaved } from "./status.js";
import { undoFirst } from "./undo.js";

const box = document.getElementById("paste-text");
const notice = document.getElementById("paste-notice");
let dropped = []; // paths that bring the links of the last drop back

addKey("x", () => focusedCard()?.querySelector(".choose")?.click() ?? false, { label: "Tick a link" });
addKey("Enter", () => open(), { label: "Make an entry of a link, or open it" });
addKey("Delete", () => focusedCard()?.querySelector("[data-drop]")?.click() ?? false, { label: "Drop a link" });
undoFirst(undoDrop);

document.addEventListener("refreshed", countChosen);
document.addEventListener("change", (event) => { if (event.target.matches(".choose")) countChosen(); });
document.addEventListener("submit", onSubmit);
document.getElementById("undo-drop").addEventListener("click", undoDrop);
box.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  box.form.requestSubmit();
});
// What is pasted into an empty box is added at once; it can be put off or dropped.
box.addEventListener("paste", (event) => {
  const url = pastedLink(event);
  if (box.value.trim() || !url) return;
  event.preventDefault();
  box.value = cleanUrl(url);
  box.form.requestSubmit();
});
countChosen();

async function onSubmit(event) {
  const form = event.target;
  if (form.id === "paste") {
    event.preventDefault();
    await add(form);
  } else if (form.id === "chosen" || form.matches("[data-link-actions]")) {
    event.preventDefault();
    await act(form, event.submitter);
  }
}

async function add(form) {
  const sent = box.value;
  if (!sent.trim()) return;
  const { ok, body, error } = await post("/links", new FormData(form));
  showProblem("paste", ok ? "" : error.what);
  if (!ok) return;
  if (box.value === sent) box.value = body.rest;
  notice.textContent = body.announce;
  showSaved(body.saved_at);
  await refresh();
}

async function act(form, submitter) {
  const path = new URL(submitter?.hasAttribute("formaction") ? submitter.formAction : form.action).pathname;
  const fields = new FormData(form, submitter);
  const next = cardAfter(form);
  const { ok, body, error } = await post(path, fields);
  showProblem("links", ok ? "" : error.what);
  if (!ok) {
    announce(error.hint);
    return;
  }
  showSaved(body.saved_at);
  announce(body.announce);
  if (path.endsWith("/drop")) offerUndo(path, fields.getAll("link"), body.announce);
  if (path.endsWith("/entry") && body.entry) {
    location.assign(body.entry);
    return;
  }
  await refresh();
  if (!document.activeElement || document.activeElement === document.body) (document.getElementById(next) ?? box).focus();
}

// Returns the id of the card to go on with once this one is gone.
function cardAfter(form) {
  const card = form.closest(".link-card");
  return (card?.nextElementSibling ?? card?.previousElementSibling)?.id ?? "";
}

function focusedCard() {
  return document.activeElement?.closest(".link-card");
}

function open() {
  const card = focusedCard();
  if (!card || document.activeElement !== card) return false;
  card.querySelector("[data-enter]").click();
  return true;
}

function countChosen() {
  const chosen = document.querySelectorAll(".choose:checked").length;
  const bar = document.getElementById("chosen");
  bar.hidden = !chosen;
  document.getElementById("chosen-count").textContent = chosen === 1 ? "1 link ticked:" : `${chosen} links ticked:`;
}

function offerUndo(path, chosen, words) {
  dropped = chosen.length ? chosen.map((id) => `/links/${id}/restore`) : [path.replace(/\/drop$/, "/restore")];
  document.getElementById("undo-text").textContent = words;
  document.getElementById("undo-bar").hidden = false;
}

async function undoDrop() {
  const paths = dropped;
  dropped = [];
  document.getElementById("undo-bar").hidden = true;
  if (!paths.length) return false;
  for (const path of paths) await postChange("links", path, {});
  await refresh();
  document.getElementById(`link-${paths[0].split("/")[2]}`)?.focus();
  return true;
}
