// Listens for saved files, and shows whether the connection is up.
import { show } from "./page.js";

export function follow() {
  const changes = new EventSource("/changes");
  changes.addEventListener("revision", async (event) => {
    say("on");
    if (event.data === document.documentElement.dataset.revision) return;
    try {
      await show();
    } catch {
      say("off");
    }
  });
  changes.addEventListener("error", () => say("off"));
}

function say(state) {
  const line = document.querySelector(".live");
  if (!line || line.dataset.state === state) return;
  line.dataset.state = state;
  line.textContent = state === "on" ? "Live" : "Not connected";
  line.title = state === "on" ? "The page updates whenever a file is saved" : "The preview was stopped or restarted";
}
