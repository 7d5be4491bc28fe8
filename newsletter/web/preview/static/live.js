// Updates the page when a file is saved, and shows whether the preview is connected.
import { show } from "./page.js";

export function listenForChanges() {
  const changes = new EventSource("/changes");
  changes.addEventListener("revision", async (event) => {
    showConnection("on");
    if (event.data === document.documentElement.dataset.revision) return;
    try {
      await show();
    } catch {
      showConnection("off");
    }
  });
  changes.addEventListener("error", () => showConnection("off"));
}

function showConnection(state) {
  const line = document.querySelector(".live");
  if (!line || line.dataset.state === state) return;
  line.dataset.state = state;
  line.textContent = state === "on" ? "Live" : "Not connected";
  line.title = state === "on" ? "The page updates whenever a file is saved" : "The preview was stopped or restarted";
}
