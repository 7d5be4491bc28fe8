// The page of an uploaded file: how far its import is, and the check that follows each choice about its columns.
import { onChange } from "./changes.js";
import { refresh } from "./morph.js";
import { fetchValues } from "./requests.js";

const LOOK_MS = 1000;
let isFetching = false; // whether the state is on its way
let again = false; // whether it may have changed since
let timer = 0;

onChange("import", (data) => { if (JSON.parse(data).id === place().dataset.import) show(); });
document.addEventListener("refreshed", watch);
watch();

function place() {
  return document.getElementById("import-state");
}

// The stream may not be open when something changes.
function watch() {
  clearTimeout(timer);
  if ("running" in place().dataset) timer = setTimeout(show, LOOK_MS);
}

async function show() {
  again = isFetching;
  if (isFetching) return;
  isFetching = true;
  const state = await fetchValues(`/readers/import/${place().dataset.import}/state`);
  isFetching = false;
  const bar = document.getElementById("import-bar");
  if (state?.running && bar) {
    bar.value = state.percent;
    document.getElementById("import-words").textContent = state.words;
    watch();
  } else {
    await refresh();
  }
  if (again) show();
}
