// Shows another state of a page in place: only the regions that differ are replaced, so scroll and focus stay.
import { currentFrame, fitFrame, keptScroll, swapFrame } from "./frame.js";
import { showShortcuts } from "./keys.js";

let latest = 0;
let showing = Promise.resolve();

// Until what was asked for is shown: the next key or click means the toolbar as it will be then.
export async function shown() {
  await showing.catch(() => {}); // whoever asked for it says so
}

export function show(address = location.href) {
  showing = fetched(address);
  return showing;
}

async function fetched(address) {
  const turn = ++latest;
  const response = await fetch(address, { cache: "no-store" });
  if (response.redirected) history.replaceState(null, "", response.url);
  const next = new DOMParser().parseFromString(await response.text(), "text/html");
  if (turn !== latest) return; // a later save has overtaken this one
  await adopt(next, () => turn === latest);
}

async function adopt(next, isLatest) {
  const focused = document.activeElement?.id;
  const asked = document.querySelector("[autofocus]"); // asked before: whoever left the field wants to be elsewhere
  const here = regions(document);
  const there = regions(next);
  if ([...here.keys()].join() === [...there.keys()].join()) {
    const frame = next.querySelector("#view > iframe");
    if (frame && currentFrame()) {
      // The sheet around the frame first: the new frame is measured at the width that it will have.
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
  if (!asked) document.querySelector("[autofocus]")?.focus({ preventScroll: true });
  if (fitFrame()) keptScroll();
}

function regions(page) {
  return new Map([...page.querySelectorAll("[data-region]")].map((region) => [region.id, region]));
}

function replace(region, next) {
  const live = region.querySelector(".live");
  const replacement = document.importNode(next, true);
  if (live) replacement.querySelector(".live")?.replaceWith(live); // what it says is this page's own
  region.replaceWith(replacement);
}

function copyClass(next, id) {
  const element = document.getElementById(id);
  const other = next.getElementById(id);
  if (element && other) element.className = other.className;
}
