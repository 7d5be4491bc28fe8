// The email's frame. It is as high as its content, so that the page scrolls and the frame doesn't. The next frame loads
// behind the current one, so replacing it doesn't flicker.
import { onKey } from "./keys.js";

const watched = new WeakSet();
let savedScroll = 0; // the scroll position in the email, while something else is shown

addEventListener("scroll", () => { if (currentFrame()?.height) savedScroll = scrollY; }, { passive: true });

// Restore the position after a manual reload: the browser restores it before the frame has its height.
addEventListener("pagehide", () => sessionStorage.setItem(location.pathname, String(scrollY)));
if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") {
  savedScroll = Number(sessionStorage.getItem(location.pathname));
}

export function currentFrame() {
  return document.querySelector("#view > iframe.email:not(.arriving)");
}

// Watches the frame's height. Returns true for a frame that was not watched before.
export function fitFrame(frame = currentFrame()) {
  if (!frame || watched.has(frame)) return false;
  watched.add(frame);
  untilParsed(frame).then(() => prepare(frame));
  return true;
}

export function restoreScroll() {
  const frame = currentFrame();
  const top = savedScroll;
  if (frame && top) untilParsed(frame).then(() => { prepare(frame); scrollTo({ top, behavior: "instant" }); });
}

// Replaces the current frame as soon as the next one is parsed; images may load later.
export async function swapFrame(next, isLatest) {
  const current = currentFrame();
  if (current.getAttribute("src") === next.getAttribute("src")) {
    current.title = next.title;
    return true;
  }
  next.classList.add("arriving");
  current.parentElement.append(next);
  await untilParsed(next);
  if (!isLatest()) {
    next.remove();
    return false;
  }
  watched.add(next);
  prepare(next);
  next.classList.remove("arriving");
  current.remove();
  return true;
}

const prepared = new WeakSet();

function prepare(frame) {
  measure(frame);
  const page = frame.contentDocument;
  if (!page || prepared.has(page)) return;
  prepared.add(page);
  page.addEventListener("keydown", onKey); // shortcuts also work while the email has the focus
  page.addEventListener("load", () => measure(frame), true); // an image has loaded
  new ResizeObserver(() => measure(frame)).observe(page.body);
}

function measure(frame) {
  const page = frame.contentDocument;
  if (!page?.body) return;
  const height = Math.ceil(page.body.getBoundingClientRect().bottom + frame.contentWindow.scrollY);
  const margin = parseFloat(frame.contentWindow.getComputedStyle(page.body).marginBottom) || 0;
  if (height) frame.height = String(height + Math.ceil(margin));
}

// Polls, since the load event would wait for every image.
async function untilParsed(frame) {
  while (frame.isConnected && !isParsed(frame)) await new Promise((resolve) => setTimeout(resolve, 8));
}

function isParsed(frame) {
  const page = frame.contentDocument;
  return page && page.URL !== "about:blank" && page.readyState !== "loading";
}
