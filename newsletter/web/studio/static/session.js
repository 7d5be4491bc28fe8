// The key of this browser tab: undo and drafts belong to it. It survives a reload, and a crash if the tab is restored.
const KEY = "studio-session";
const WAIT_MS = 300; // by then the page that was here before has let go of the tab's lock

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
  if (await hold(current)) return;
  current = create();
  await hold(current);
}

function hold(key) {
  return new Promise((held) => {
    const forever = () => { held(true); return new Promise(() => {}); };
    navigator.locks.request(lockOf(key), { signal: AbortSignal.timeout(WAIT_MS) }, forever).catch(() => held(false));
  });
}

// Returns whether a tab is closed now; this one's earlier pages are, too.
export async function isClosed(key) {
  if (key === current) return true;
  try {
    await navigator.locks.request(lockOf(key), { signal: AbortSignal.timeout(WAIT_MS) }, () => {});
    return true;
  } catch {
    return false;
  }
}
