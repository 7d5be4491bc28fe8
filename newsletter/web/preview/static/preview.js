// The preview works without scripts; this adds live updates, the toolbar without page loads, and shortcuts.
import { fitFrame, restoreScroll } from "./frame.js";
import { showShortcutSetting } from "./keys.js";
import { listenForChanges } from "./live.js";
import { show } from "./page.js";
import { updateShown } from "./updating.js";

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-view-option]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  await updateShown();
  const address = document.getElementById(link.id)?.href ?? link.href;
  // Replace, don't push: "back" leads to the list, not through every option that was tried.
  history.replaceState(null, "", address);
  show(address);
});

// The server redirects from the reader's address to their key, so that no URL in the history contains an address.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-view-option]");
  if (!form) return;
  event.preventDefault();
  await updateShown();
  show(`${form.action}?${new URLSearchParams(new FormData(form))}`);
});

fitFrame();
restoreScroll();
showShortcutSetting();
listenForChanges();
