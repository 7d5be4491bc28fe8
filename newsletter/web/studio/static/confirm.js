// The page that asks for a passkey again: its form is sent once the passkey was used, and not before this script listens.
import { confirmWithPasskey } from "./passkeys.js";
import { postOnce } from "./requests.js";

document.addEventListener("submit", async (event) => {
  if (!("confirm" in event.target.dataset)) return;
  event.preventDefault();
  const line = document.getElementById("confirm-problem");
  line.textContent = "";
  if (!(await confirmWithPasskey(postOnce))) {
    line.textContent = "no passkey was used: try again";
    return;
  }
  // The answer is another page, or a file: then this one stays.
  document.getElementById("confirm-words").textContent = "Your passkey was accepted.";
  document.getElementById("confirm-back").textContent = "Back";
  event.target.submit();
});
for (const button of document.querySelectorAll("form[data-confirm] button")) button.disabled = false;
