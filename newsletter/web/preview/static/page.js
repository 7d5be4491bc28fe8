// Updates a page in place: only regions that differ are replaced, so the scroll position and focus stay.
import { currentFrame, fitFrame, keptScroll, swapFrame } from "./frame.js";
import { showShortcuts } from "./keys.js";
import { updating } from "./updating.js";

let latest = 0;

export function show(address = location.href) {
  return updating(fetched(address));
}

async function fetched(address) {
  const turn = ++latest;
  const response = await fetch(address, { cache: "no-store" });
  if (response.redirected) history.replaceState(null, "", response.url);
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  if (turn !== latest) return; // a later update has overtaken this one
  await adopt(next, () => turn === latest);
}

async function adopt(next, isLatest) {
  const focused = document.activeElement?.id;
  const hadAutofocus = document.querySelector("[autofocus]"); // then the editor has left that field on purpose
  const here = regions(document);
  const there = regions(next);
  if ([...here.keys()].join() === [...there.keys()].join()) {
    const frame = next.querySelector("#view > iframe");
    if (frame && currentFrame()) {
      // Set the width around the frame first, so that the new frame is measured at its final width.
      copyClass(next, "stage");
      there.delete("view");
      if (!(await swapFrame(document.importNode(frame, true), isLatest))) return;
    }
    for (const [id, region] of there) {
      if (here.get(id).outerHTML !== region.outerHTML) replace(here.get(id), region);
    }
    copyClass(next, "stage");
  } else {
    replace(document.body, next.body);
    showShortcuts();
  }
  document.title = next.title;
  document.documentElement.dataset.revision = next.documentElement.dataset.revision ?? "";
  if (focused && document.activeElement?.id !== focused) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
  if (!hadAutofocus) document.querySelector("[autofocus]")?.focus({ preventScroll: true });
  if (fitFrame()) keptScroll();
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
