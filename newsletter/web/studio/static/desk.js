// The desk: a link pasted into its box opens the capture window; findings are counted, and approvals compared with the
// issues, after the page is shown; and countdowns count.
import { linkIn, openCapture, pastedLink } from "./catching.js";
import { fetchPage } from "./requests.js";

const MINUTE = 60000;

document.getElementById("paste").addEventListener("paste", (event) => {
  const url = pastedLink(event);
  if (!url) return; // anything else is pasted as text
  event.preventDefault();
  openCapture(url);
});

document.getElementById("desk-paste").addEventListener("submit", (event) => {
  const url = linkIn(document.getElementById("paste").value);
  if (!url) return; // several links, or words around one: the list of links takes them
  event.preventDefault();
  openCapture(url);
});

let turn = 0;

// The numbers and stages of the last state of the files stay until the new ones are known.
async function countFindings() {
  const current = ++turn;
  const counted = await fetchPage("/desk/findings");
  if (!counted || current !== turn) return;
  for (const part of counted.querySelectorAll("[id]")) {
    const shown = document.getElementById(part.id);
    if (shown && shown.innerHTML !== part.innerHTML) shown.replaceChildren(...document.adoptNode(part).childNodes);
  }
}

function countDown() {
  for (const time of document.querySelectorAll("time[data-countdown]")) {
    time.textContent = duration(new Date(time.dateTime) - Date.now());
  }
}

// The time until a moment, as the page writes it.
function duration(milliseconds) {
  const minutes = Math.round(milliseconds / MINUTE);
  if (!minutes) return "now";
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const words = hours >= 48 ? `${Math.floor(hours / 24)} days` : hours ? (rest ? `${hours} h ${rest} min` : `${hours} h`) : `${rest} min`;
  return minutes > 0 ? `in ${words}` : `${words} ago`;
}

countFindings();
document.addEventListener("refreshed", countFindings);
setInterval(countDown, MINUTE / 2);
