// Updates a page in place: only regions that differ are replaced, so the scroll position and focus stay.
import { currentFrame, fitFrame, restoreScroll, swapFrame } from "./frame.js";
import { showShortcutSetting } from "./keys.js";
import { trackUpdate } from "./updating.js";

let latest = 0;

export function show(address = location.href) {
  return trackUpdate(fetchAndShow(address));
}

async function fetchAndShow(address) {
  const update = ++latest;
  const response = await fetch(address, { cache: "no-store" });
  if (response.redirected) history.replaceState(null, "", response.url);
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  if (update !== latest) return; // a later update has overtaken this one
  await replaceRegions(next, () => update === latest);
}

async function replaceRegions(next, isLatest) {
  const focused = document.activeElement?.id;
  const hadAutofocus = document.querySelector("[autofocus]"); // then the editor has left that field on purpose
  const currentRegions = regions(document);
  const nextRegions = regions(next);
  if ([...currentRegions.keys()].join() === [...nextRegions.keys()].join()) {
    const frame = next.querySelector("#view > iframe");
    if (frame && currentFrame()) {
      // Set the width around the frame first, so that the new frame is measured at its final width.
      copyClass(next, "stage");
      nextRegions.delete("view");
      if (!(await swapFrame(document.importNode(frame, true), isLatest))) return;
    }
    for (const [id, region] of nextRegions) {
      if (currentRegions.get(id).outerHTML !== region.outerHTML) replace(currentRegions.get(id), region);
    }
    copyClass(next, "stage");
  } else {
    replace(document.body, next.body);
    showShortcutSetting();
  }
  document.title = next.title;
  document.documentElement.dataset.revision = next.documentElement.dataset.revision ?? "";
  if (focused && document.activeElement?.id !== focused) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
  if (!hadAutofocus) document.querySelector("[autofocus]")?.focus({ preventScroll: true });
  if (fitFrame()) restoreScroll();
}

function regions(page) {
  return new Map([...page.querySelectorAll("[data-region]")].map((region) => [region.id, region]));
}

function replace(region, next) {
  const live = region.querySelector(".live");
  const replacement = document.importNode(next, true);
  if (live) replacement.querySelector(".live")?.replaceWith(live); // its state belongs to this page
  region.replaceWith(replacement);
}

function copyClass(next, id) {
  const element = document.getElementById(id);
  const other = next.getElementById(id);
  if (element && other) element.className = other.className;
}
