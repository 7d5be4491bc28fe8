// The stream of changes, shared by all tabs of a browser: one of them listens to the studio and passes on what it hears.
// A browser keeps only six connections to a server, so with a stream for each tab the seventh would not open.
const NAMES = ["revision", "saved", "links", "commits", "remote", "import", "people"];
const AGAIN_MS = 2000;
const channel = new BroadcastChannel("studio-changes");
const actions = new Map();

let lastRevision = ""; // in the tab that listens
let lastPeople = "";

// Calls `action` with an event's data, a text, whenever the studio tells of it; for `connection`, this is "on", "off", or
// "out" if the person is signed out.
export function onChange(name, action) {
  actions.set(name, [...(actions.get(name) ?? []), action]);
}

export function startListening() {
  channel.addEventListener("message", ({ data: { name, data } }) => {
    if (name !== "hello") tell(name, data);
    else {
      if (lastRevision) channel.postMessage({ name: "revision", data: lastRevision });
      if (lastPeople) channel.postMessage({ name: "people", data: lastPeople });
    }
  });
  channel.postMessage({ name: "hello" }); // something may have changed since this page was made
  navigator.locks.request("studio-changes", () => {
    listen();
    return new Promise(() => {}); // until this tab is closed: then another listens
  });
}

function listen() {
  const stream = new EventSource("/changes");
  stream.addEventListener("open", () => pass("connection", "on"));
  stream.addEventListener("error", () => {
    pass("connection", stream.readyState === EventSource.CLOSED && document.documentElement.dataset.person ? "out" : "off");
    // A studio that was restarted refuses this browser until it is opened with its new address.
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
  });
  for (const name of NAMES) {
    stream.addEventListener(name, ({ data }) => {
      if (name === "revision") lastRevision = data;
      if (name === "people") lastPeople = data;
      pass(name, data);
    });
  }
}

function pass(name, data) {
  channel.postMessage({ name, data });
  tell(name, data);
}

function tell(name, data) {
  for (const action of actions.get(name) ?? []) action(data);
}
