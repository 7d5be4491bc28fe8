// Drafts of keystrokes in this browser: each with the version it was typed over, until it is saved. After a crash, they
// are offered beside the field, and never put back silently.
import { showConflict, hideConflict } from "./conflicts.js";
import { openSessions, sessionKey } from "./session.js";

const PREFIX = "studio-draft ";

const keyOf = (form, session = sessionKey()) => `${PREFIX}${session} ${new URL(form.action).pathname}`;

export function keepDraft(form, value, seen) {
  try {
    localStorage.setItem(keyOf(form), JSON.stringify({ value, seen, at: Date.now() }));
  } catch {
    // The browser's storage is full or off: the field is still saved after a moment.
  }
}

export function dropDraft(form) {
  localStorage.removeItem(keyOf(form));
}

// Offers the drafts that tabs have left which are closed now. `stateOf` returns the state of a form's field.
export async function offerDrafts(stateOf) {
  const open = await openSessions();
  for (const form of document.querySelectorAll("form[data-autosave]")) {
    const left = draftsOf(form).filter(({ session }) => !open.has(session));
    const last = left.sort((one, other) => other.at - one.at)[0];
    const control = form.elements.namedItem("value");
    if (last && last.value !== control.value) offer(form, last, left, stateOf(form));
    else for (const { key } of left) localStorage.removeItem(key);
  }
}

function draftsOf(form) {
  const path = new URL(form.action).pathname;
  const drafts = [];
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX) || !key.endsWith(` ${path}`)) continue;
    try {
      drafts.push({ key, session: key.slice(PREFIX.length, -path.length - 1), ...JSON.parse(localStorage.getItem(key)) });
    } catch {
      localStorage.removeItem(key);
    }
  }
  return drafts;
}

function offer(form, draft, all, field) {
  const control = form.elements.namedItem("value");
  const time = new Date(draft.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  showConflict(form, {
    label: form.dataset.label,
    title: `You typed this on ${time}, and it wasn’t saved.`,
    mineName: "In the file",
    theirName: "What you typed",
    keep: "Keep the file’s",
    take: "Use what I typed",
    theirs: draft.value,
    choose: (value) => {
      for (const { key } of all) localStorage.removeItem(key);
      hideConflict(form);
      control.focus();
      if (value === null) return;
      control.value = value;
      // What was typed over may have changed since: then the studio merges, or asks.
      if (value === draft.value) field.seen = draft.seen;
      control.dispatchEvent(new Event("input", { bubbles: true }));
    },
  });
}
