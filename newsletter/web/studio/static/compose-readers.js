// How many readers get how many entries: counted beside the page, which doesn't wait for it.
import { fetchPage } from "./requests.js";

let latest = 0;
let counted = ""; // the state of the issue that the numbers are for

export function startReaders() {
  document.addEventListener("refreshed", () => { showReach(); count(); });
  count();
}

// Says at each entry how many readers get it.
function showReach() {
  const reach = JSON.parse(document.querySelector("#readers [data-reach]")?.dataset.reach ?? "{}");
  for (const place of document.querySelectorAll(".sections .reach")) {
    place.textContent = reach[place.closest("[data-item]").dataset.item] ?? "";
  }
}

async function count() {
  const place = document.getElementById("readers");
  const state = document.getElementById("numbers").dataset.version;
  if (!place || state === counted) return;
  const request = ++latest;
  const part = await fetchPage(place.dataset.path);
  if (request !== latest) return; // a later count has overtaken this one
  if (part) counted = state; // else the next refresh counts again
  place.replaceChildren(...(part?.body.childNodes ?? []));
  showReach();
}
