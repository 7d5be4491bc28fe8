// The followers of topics, counted beside the page, which doesn't wait for them.
import { fetchPage } from "./requests.js";
import { refresh } from "./morph.js";

let counting = false;

count();
document.addEventListener("refreshed", count);

async function count() {
  const place = document.querySelector("[data-count-path]");
  if (!place || counting) return;
  counting = true;
  const counted = await fetchPage(place.dataset.countPath);
  counting = false;
  if (counted && !counted.querySelector("[data-count-path]")) refresh();
}
