// The key of this browser tab: undo and drafts belong to it. It survives a reload, and a crash if the tab is restored.
const KEY = "studio-session";

let current = sessionStorage.getItem(KEY) ?? create();

function create() {
  const key = crypto.randomUUID();
  sessionStorage.setItem(KEY, key);
  return key;
}

export function sessionKey() {
  return current;
}

const lockOf = (key) => `studio-session-${key}`;

// Holds a lock for as long as this tab is open, so that others know. A duplicated tab has the same key: it gets another.
export async function holdSession() {
  await new Promise((held) => {
    navigator.locks.request(lockOf(current), { ifAvailable: true }, (lock) => {
      if (!lock) current = create();
      held();
      return lock ? new Promise(() => {}) : navigator.locks.request(lockOf(current), () => new Promise(() => {}));
    });
  });
}

// Returns the keys of the tabs that are open, other than this one.
export async function openSessions() {
  const { held } = await navigator.locks.query();
  const prefix = lockOf("");
  const keys = held.filter((lock) => lock.name.startsWith(prefix)).map((lock) => lock.name.slice(prefix.length));
  return new Set(keys.filter((key) => key !== current));
}
