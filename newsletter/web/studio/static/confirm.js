// The page that asks for a passkey again: its form is sent once the passkey was used, and not before this script listens.
import { confirmWithPasskey } from "./passkeys.js";
import { postOnce } from "./requests.js";

document.addEventListener("submit", async (event) => {
  if (!("confirm" in event.target.dataset)) return;
  event.preventDefault();
  const line = document.getElementById("confirm-problem");
  line.textContent = "";
  if (await confirmWithPasskey(postOnce)) event.target.submit();
  else line.textContent = "no passkey was used: try again";
});
for (const button of document.querySelectorAll("form[data-confirm] button")) button.disabled = false;
