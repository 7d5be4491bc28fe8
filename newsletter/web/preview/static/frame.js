// The frame of the email: as high as its content, so that the page scrolls and the frame does not; and changed without
// a flash, by loading the next one behind it.
import { onKey } from "./keys.js";

const watched = new WeakSet();
let scroll = 0; // where the email was being read, also while something else is in its place

addEventListener("scroll", () => { if (currentFrame()?.height) scroll = scrollY; }, { passive: true });

// A reload by hand comes back to the same place too: the browser's own memory is of a page without the frame's height.
addEventListener("pagehide", () => sessionStorage.setItem(location.pathname, String(scrollY)));
if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") {
  scroll = Number(sessionStorage.getItem(location.pathname));
}

export function currentFrame() {
  return document.querySelector("#view > iframe.email:not(.arriving)");
}

// Watches the frame's height; true where there is a frame that was not watched before.
export function fitFrame(frame = currentFrame()) {
  if (!frame || watched.has(frame)) return false;
  watched.add(frame);
  parsed(frame).then(() => settle(frame));
  return true;
}

export function keptScroll() {
  const frame = currentFrame();
  const wanted = scroll;
  if (frame && wanted) parsed(frame).then(() => { settle(frame); scrollTo({ top: wanted, behavior: "instant" }); });
}

// Puts the next frame in place of the current one as soon as its text is there; images may come later.
export async function swapFrame(next, isLatest) {
  const current = currentFrame();
  if (current.getAttribute("src") === next.getAttribute("src")) {
    current.title = next.title;
    return true;
  }
  next.classList.add("arriving");
  current.parentElement.append(next);
  await parsed(next);
  if (!isLatest()) {
    next.remove();
    return false;
  }
  watched.add(next);
  settle(next);
  next.classList.remove("arriving");
  current.remove();
  return true;
}

const settled = new WeakSet();

function settle(frame) {
  measure(frame);
  const page = frame.contentDocument;
  if (!page || settled.has(page)) return;
  settled.add(page);
  page.addEventListener("keydown", onKey); // a key is meant for the preview also when the email has the focus
  page.addEventListener("load", () => measure(frame), true); // an image has come
  new ResizeObserver(() => measure(frame)).observe(page.body);
}

function measure(frame) {
  const page = frame.contentDocument;
  if (!page?.body) return;
  const height = Math.ceil(page.body.getBoundingClientRect().bottom + frame.contentWindow.scrollY);
  const margin = parseFloat(frame.contentWindow.getComputedStyle(page.body).marginBottom) || 0;
  if (height) frame.height = String(height + Math.ceil(margin));
}

// The load event would wait for every image.
async function parsed(frame) {
  while (frame.isConnected && !isParsed(frame)) await new Promise((resolve) => setTimeout(resolve, 8));
}

function isParsed(frame) {
  const page = frame.contentDocument;
  return page && page.URL !== "about:blank" && page.readyState !== "loading";
}
