// The preview's pages work without script; this adds what is live: saved files, the toolbar in place, keys.
import { fitFrame, keptScroll } from "./frame.js";
import { showShortcuts } from "./keys.js";
import { follow } from "./live.js";
import { show, shown } from "./page.js";

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-look]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  await shown();
  const address = document.getElementById(link.id)?.href ?? link.href;
  // Replaced, not pushed: "back" leads to the list, not through every width that was looked at.
  history.replaceState(null, "", address);
  show(address);
});

// A reader is looked up by an address, which no URL of the history has: what comes back is named by the reader's key.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-look]");
  if (!form) return;
  event.preventDefault();
  await shown();
  show(`${form.action}?${new URLSearchParams(new FormData(form))}`);
});

fitFrame();
keptScroll();
showShortcuts();
follow();
