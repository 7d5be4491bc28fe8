// The bookmarklet's page: a click on the link explains it, and a button copies its code.
import { announce } from "./announce.js";

const link = document.getElementById("bookmarklet");
const help = document.getElementById("bookmarklet-help");
const code = document.getElementById("bookmarklet-code");

// Here, the studio's own Content-Security-Policy would only block it.
link.addEventListener("click", (event) => {
  event.preventDefault();
  help.textContent = "Drag it to the bookmarks bar instead. If you can’t see the bar, press Ctrl+Shift+B (⌘⇧B on a Mac).";
});
document.getElementById("copy-code").addEventListener("click", async () => {
  code.select();
  try {
    await navigator.clipboard.writeText(code.value);
    announce("Copied");
  } catch {
    announce("Selected: press Ctrl+C to copy");
  }
});
