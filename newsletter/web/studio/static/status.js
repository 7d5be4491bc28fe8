// The header's line: Saving…, Saved 07:41, or Not saved: why.
import { announce } from "./announce.js";
import { post } from "./requests.js";

const problems = new Map(); // what isn't saved, by the place where it was typed
let savingCount = 0;
let savedAt = "";
let notice = "";
let noticeTimer = 0;
let disconnected = false;
let signedOut = false;
let connectionTimer = 0;

const NOTICE_MS = 6000;
const PATIENCE_MS = 1500; // a studio that is restarted at once isn't missed

export function startedSaving() {
  savingCount += 1;
  show();
}

export function endedSaving() {
  savingCount -= 1;
  show();
}

// Notes that something was saved; `at` is a time as the server writes it. A notice of it comes afterwards.
export function showSaved(at) {
  savedAt = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  notice = ""; // it was about something earlier
  show();
}

// Notes that a place has a problem, in words, and announces it; without words, that it has none any more.
export function showProblem(place, words) {
  if (problems.get(place) === (words || undefined)) return;
  if (words) {
    problems.set(place, words);
    announce(`Not saved: ${words}`);
  } else {
    problems.delete(place);
  }
  show();
}

// Posts a change, and shows and announces how it went. Returns the answer's body, or null if it isn't saved.
export async function postChange(place, path, fields) {
  const { ok, body, error } = await post(path, fields);
  showProblem(place, ok ? "" : error.what);
  if (!ok) return null;
  showSaved(body.saved_at);
  announce(body.announce);
  return body;
}

// Shows whether changes are committed to git: as the header does when the page is loaded.
export function showCommits({ in_git: inGit, problem, hint }) {
  const line = document.getElementById("commits");
  if (!line) return;
  line.textContent = inGit ? (problem ? "Not committed" : "") : "No history";
  line.title = [problem, hint].filter(Boolean).join(": ");
  line.classList.toggle("failed", inGit && Boolean(problem));
}

// Shows words for a while, and announces them.
export function showNotice(words) {
  announce(words);
  notice = words;
  clearTimeout(noticeTimer);
  noticeTimer = setTimeout(() => { notice = ""; show(); }, NOTICE_MS);
  show();
}

// Shows whether the studio is still there: `state` is "on", "off", or "out" if the person is signed out.
export function showConnection(state) {
  if (state !== "on") {
    connectionTimer ||= setTimeout(() => { disconnected = true; show(); }, PATIENCE_MS);
    signedOut = state === "out";
    if (disconnected) show();
    return;
  }
  clearTimeout(connectionTimer);
  connectionTimer = 0;
  disconnected = false;
  show();
}

function show() {
  const line = document.getElementById("status");
  if (!line) return;
  const [problem] = problems.values();
  const [state, words] = problem ? ["failed", `Not saved: ${problem}`]
    : savingCount ? ["saving", "Saving…"]
    : notice ? ["notice", notice]
    : disconnected ? ["off", signedOut ? "Signed out: sign in again in another tab" : "Not connected"]
    : savedAt ? ["saved", `Saved ${savedAt}`]
    : ["", ""];
  line.dataset.state = state;
  line.textContent = words;
}
