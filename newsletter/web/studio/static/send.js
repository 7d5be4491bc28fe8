// The send page: what the ledger has, as the studio streams it; forms that stay on the page; and times by both clocks.
// No state is made here: a button's effect is shown when the ledger has it.
import { announce } from "./announce.js";
import { morph, refresh } from "./morph.js";
import { whenReleased } from "./pressing.js";
import { fetchPage, post } from "./requests.js";
import { showProblem, showSaved } from "./status.js";

const CHECKING_MS = 1000; // between two looks at what is known about links
const PATIENCE_MS = 300; // after the last key in a time
const CONFIRMED = { "issue-date-wrong": "any_date", "send-far-ahead": "any_date", "send-audience-unusual": "any_audience", "send-not-approved": "without_approval" };
const main = document.getElementById("main");

let countedAt = 0;
let timer = 0;
let turn = 0;
let planned = "";
let checking = 0;
let acted = false; // whether a button was pressed, which may be gone with the next state

listen();
showOwnTimes();
startCount();
showPlan();
document.addEventListener("refreshed", () => { afterState(); showPlan({ again: true }); });
document.addEventListener("submit", onSubmit);
document.addEventListener("input", onInput);
document.addEventListener("click", (event) => { if (event.target.matches("[data-check-again]")) showChecks({ again: true }); });
document.addEventListener("toggle", onToggle, true);
setInterval(count, 250);

function state() {
  return document.getElementById("send-state");
}

function listen() {
  if (!state()) return;
  const stream = new EventSource(main.dataset.live);
  stream.addEventListener("state", ({ data }) => showState(JSON.parse(data).html));
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 2000);
  });
}

// Shows what the ledger has, and announces another stage.
async function showState(html) {
  await whenReleased();
  const next = new DOMParser().parseFromString(html, "text/html").getElementById("send-state");
  const current = state();
  if (!next || !current) return;
  const changed = next.dataset.stage !== current.dataset.stage;
  morph(current, next);
  afterState();
  keepFocus();
  if (!changed) return;
  announce(document.getElementById("state-title").textContent);
  showPlan();
  refresh(); // the stage in the header
}

function afterState() {
  showOwnTimes();
  startCount();
}

// The plan is counted after the page is shown, again when files have changed, and not at all once there is a send.
async function showPlan({ again = false } = {}) {
  const plan = document.getElementById("send-plan");
  if (!plan) return;
  if (state().dataset.stage !== "unsent") {
    plan.replaceChildren();
    planned = "";
    return;
  }
  if (planned && !again) return;
  planned = "yes";
  const current = ++turn;
  const page = await fetchPage(plan.dataset.plan);
  const next = page?.getElementById("send-plan");
  if (current !== turn || state().dataset.stage !== "unsent") return;
  if (!next) {
    planned = "";
    const line = plan.querySelector(".fetching");
    if (line) line.textContent = "The plan can’t be shown now; reload the page to try again";
    return;
  }
  morph(plan, next);
  showOwnTimes();
  for (const form of plan.querySelectorAll("details[open] form[data-time]")) showTime(form);
  showChecks();
}

// Shows what is known about the links, and looks again until all are checked.
async function showChecks({ again = false } = {}) {
  const checks = document.getElementById("send-checks");
  if (!checks) return;
  clearTimeout(checking);
  const page = await fetchPage(checks.dataset.checks + (again ? "?again=yes" : ""));
  const next = page?.getElementById("send-checks");
  if (!next || !checks.isConnected) return;
  checks.replaceChildren(...document.adoptNode(next).childNodes);
  checks.setAttribute("aria-labelledby", "checks-title");
  if ("unfinished" in next.dataset) checking = setTimeout(showChecks, CHECKING_MS);
}

async function onSubmit(event) {
  const form = event.target;
  if (!form.matches("[data-send-form]")) return;
  event.preventDefault();
  const button = event.submitter;
  if (button) button.disabled = true;
  refuse(form, "");
  const { ok, body, error } = await post(form.action, new FormData(form));
  if (button) button.disabled = false;
  showProblem("send", "");
  if (ok) {
    showSaved(body.saved_at);
    announce(body.announce);
    form.closest("details")?.removeAttribute("open");
    acted = true;
    keepFocus();
    return;
  }
  if (document.activeElement === document.body) button?.focus();
  const words = [error.what, error.hint].filter(Boolean).join(": ");
  refuse(form, words);
  announce(words);
  if (CONFIRMED[error.code]) confirmBox(form, CONFIRMED[error.code])?.removeAttribute("hidden");
  if (error.code === "send-changed") showPlan({ again: true });
}

// Puts the focus on the state's title if it was on a button that has been pressed: a disabled or removed one loses it.
function keepFocus() {
  if (!acted || document.activeElement !== document.body) return;
  document.getElementById("state-title")?.focus({ preventScroll: true });
}

function refuse(form, words) {
  const line = form.querySelector("[data-refusal]");
  if (!line) {
    if (words) showProblem("send", words);
    return;
  }
  line.textContent = words;
  line.hidden = !words;
}

function confirmBox(form, name) {
  return form.querySelector(`[data-confirm-box="${name}"]`);
}

// Says what a time means while it is typed.
function onInput(event) {
  const form = event.target.closest?.("form[data-time]");
  if (!form) return;
  clearTimeout(timer);
  timer = setTimeout(() => showTime(form), PATIENCE_MS);
}

function onToggle(event) {
  const form = event.target.open ? event.target.querySelector?.("form[data-time]") : null;
  if (form) showTime(form);
}

async function showTime(form) {
  const typed = timeIn(form);
  const words = form.querySelector(".time-words");
  if (!typed.get("time")) {
    words.replaceChildren();
    return;
  }
  const page = await fetchPage(`${form.dataset.time}?${typed}`);
  const next = page?.querySelector(".time-words");
  if (!next || String(timeIn(form)) !== String(typed)) return; // another time was typed meanwhile
  words.replaceChildren(...document.adoptNode(next).childNodes);
  const box = confirmBox(form, "any_date");
  if (box) {
    box.hidden = !words.querySelector("[data-confirm]");
    if (box.hidden) box.querySelector("input").checked = false;
  }
  showOwnTimes();
}

function timeIn(form) {
  const fields = new FormData(form);
  const kind = fields.get("kind");
  return new URLSearchParams({ kind, time: fields.get(kind === "local" ? "local_time" : "at") ?? "" });
}

// Adds the browser's own clock to times, where it shows another one.
function showOwnTimes() {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const place of document.querySelectorAll("[data-own-time]")) {
    const moment = new Date(place.dataset.ownTime);
    const time = place.parentElement.querySelector("time");
    const here = moment.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    place.textContent = time && !time.textContent.endsWith(here) ? ` · ${here} your time (${own})` : "";
  }
}

// The seconds that are left by the studio's clock, which may differ from the browser's.
function startCount() {
  countedAt = performance.now();
}

function count() {
  const number = document.querySelector("[data-left]");
  if (!number) return;
  const left = Math.max(0, Math.ceil(number.dataset.left - (performance.now() - countedAt) / 1000));
  if (number.textContent !== String(left)) number.textContent = left;
}
