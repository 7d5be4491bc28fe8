// How many readers get how many entries: counted beside the page, which doesn't wait for it.
let latest = 0;
let counted = ""; // the state of the issue that the numbers are for

export function startReaders() {
  document.addEventListener("refreshed", count);
  count();
}

async function count() {
  const place = document.getElementById("readers");
  const state = document.getElementById("numbers").dataset.version;
  if (!place || state === counted) return;
  const request = ++latest;
  try {
    const response = await fetch(place.dataset.path);
    const html = response.ok ? await response.text() : "";
    if (request !== latest) return; // a later count has overtaken this one
    counted = state;
    place.replaceChildren(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
  } catch {
    // The studio is stopping; the next refresh counts again.
  }
}
