// The pages of readers: the search while you type, the numbers of each list, and a reader's copy of the next issue.
import { refresh } from "./morph.js";
import { fetchPage, fetchValues } from "./requests.js";

const TYPING_MS = 180;
const query = document.getElementById("reader-query");
const search = document.getElementById("reader-search");
let timer = 0;

showNumbers();
showCopy();
document.addEventListener("sent", ({ detail: form }) => {
  if (form.id === "details") showCopy();
  else showNumbers();
});

if (search) {
  query.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(find, TYPING_MS);
  });
  search.addEventListener("submit", (event) => {
    event.preventDefault();
    find();
  });
}

async function find() {
  clearTimeout(timer);
  const text = query.value.trim();
  history.replaceState(null, "", text ? `/readers?${new URLSearchParams({ q: text })}` : "/readers");
  for (const tab of document.querySelectorAll("#reader-tabs [aria-current]")) tab.removeAttribute("aria-current");
  await refresh();
}

// With a million readers, counting takes a moment: the page doesn't wait for it.
async function showNumbers() {
  if (!document.querySelector("#reader-tabs[data-count]")) return;
  const totals = (await fetchValues("/readers/totals")) ?? {};
  for (const place of document.querySelectorAll("[data-total]")) {
    place.textContent = totals[place.dataset.total]?.toLocaleString("en") ?? "";
  }
}

async function showCopy() {
  const place = document.getElementById("next-copy");
  if (!place?.dataset.fetch) return;
  const part = await fetchPage(place.dataset.fetch, { anyStatus: true });
  if (part) place.replaceChildren(...part.body.childNodes);
}
