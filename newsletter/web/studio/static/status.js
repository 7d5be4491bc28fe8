// The header's line: Saving…, Saved 07:41, or Not saved: why.
import { announce } from "./announce.js";

const problems = new Map(); // what isn't saved, by the place where it was typed
let savingCount = 0;
let savedAt = "";

export function startedSaving() {
  savingCount += 1;
  show();
}

export function endedSaving() {
  savingCount -= 1;
  show();
}

// Notes that something was saved; `at` is a time as the server writes it.
export function showSaved(at) {
  savedAt = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
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

// Shows whether changes are committed to git: as the header does when the page is loaded.
export function showCommits({ in_git: inGit, problem, hint }) {
  const line = document.getElementById("commits");
  if (!line) return;
  line.textContent = inGit ? (problem ? "Not committed" : "") : "No history";
  line.title = [problem, hint].filter(Boolean).join(": ");
  line.classList.toggle("failed", inGit && Boolean(problem));
}

function show() {
  const line = document.getElementById("status");
  if (!line) return;
  const [problem] = problems.values();
  line.dataset.state = problem ? "failed" : savingCount ? "saving" : savedAt ? "saved" : "";
  line.textContent = problem ? `Not saved: ${problem}` : savingCount ? "Saving…" : savedAt ? `Saved ${savedAt}` : "";
}
