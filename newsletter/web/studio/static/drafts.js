// Drafts of keystrokes in this browser: each with the version it was typed over, until it is saved. After a crash, they
// are offered beside the field, and never put back silently.
import { showVersions } from "./conflicts.js";
import { isClosed, sessionKey } from "./session.js";

const PREFIX = "studio-draft ";
const PERSON = "studio-person"; // whose drafts they are

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

// Drops all drafts if another person has signed in with this browser since they were kept.
export function dropDraftsOfOthers() {
  const { person } = document.documentElement.dataset;
  if (!person || localStorage.getItem(PERSON) === person) return;
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
  localStorage.setItem(PERSON, person);
}

// Offers drafts of fields that tabs have left which are closed now. `choose` is called with the form, the draft and the
// chosen text, or null for the field's own.
export async function offerDrafts(forms, choose) {
  for (const form of forms) {
    const left = [];
    for (const draft of draftsOf(form)) if (await isClosed(draft.session)) left.push(draft);
    const last = left.sort((draft, other) => other.at - draft.at)[0];
    const forget = () => left.forEach(({ key }) => localStorage.removeItem(key));
    if (last && last.value !== form.elements.namedItem("value").value) {
      offer(form, last, (value) => { forget(); choose(form, last, value); });
    } else {
      forget();
    }
  }
}

const pathOf = (form) => new URL(form.action).pathname;
const keyOf = (form) => `${PREFIX}${sessionKey()} ${pathOf(form)}`;

function draftsOf(form) {
  const path = pathOf(form);
  const keys = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX) && key.endsWith(` ${path}`));
  return keys.flatMap((key) => {
    try {
      return [{ key, session: key.slice(PREFIX.length, -path.length - 1), ...JSON.parse(localStorage.getItem(key)) }];
    } catch {
      localStorage.removeItem(key);
      return [];
    }
  });
}

function offer(form, draft, choose) {
  const time = new Date(draft.at).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
  showVersions(form, {
    label: form.dataset.label,
    theirs: draft.value,
    choose,
    words: {
      title: `You typed this on ${time}, and it wasn’t saved.`,
      mine: "In the file",
      theirs: "What you typed",
      keep: "Keep the file’s",
      take: "Use what I typed",
    },
  });
}
