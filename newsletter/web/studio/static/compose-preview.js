// The preview's column: the email's frame is as high as its content and as wide as its column. The next one loads
// behind the current one, so replacing it doesn't flicker.
import { onKey } from "./keys.js";

const box = () => document.getElementById("frame-box");
const current = () => box().querySelector("iframe:not(.arriving)");

export function startPreview() {
  document.addEventListener("refreshed", update);
  new ResizeObserver(() => measure(current())).observe(box());
  if (current()) untilParsed(current()).then(() => prepare(current()));
}

// Shows the frame that the page's state names, unless it is shown already.
async function update() {
  const { frame: address, width } = document.getElementById("preview-state").dataset;
  const old = current();
  if (old && address && old.getAttribute("src") === address) {
    old.width = width;
    measure(old);
    return;
  }
  box().querySelectorAll("iframe.arriving").forEach((frame) => frame.remove());
  if (!address) {
    old?.remove();
    box().style.height = "";
    return;
  }
  const next = document.createElement("iframe");
  Object.assign(next, { className: "email arriving", title: "The email", width, src: address });
  next.setAttribute("sandbox", page().dataset.sandbox);
  box().append(next);
  await untilParsed(next);
  if (!next.isConnected) return; // a later update has overtaken this one
  next.classList.remove("arriving");
  prepare(next);
  old?.remove();
}

const page = () => document.querySelector("main.compose");

function prepare(frame) {
  const content = frame?.contentDocument;
  if (!content?.body) return;
  content.addEventListener("keydown", onKey); // shortcuts also work while the email has the focus
  content.addEventListener("load", () => measure(frame), true); // an image has loaded
  new ResizeObserver(() => measure(frame)).observe(content.body);
  measure(frame);
}

function measure(frame) {
  const content = frame?.contentDocument;
  if (!content?.body) return;
  const scale = Math.min(1, box().clientWidth / Number(frame.width));
  const height = Math.ceil(content.body.getBoundingClientRect().bottom + frame.contentWindow.scrollY);
  if (!height || !scale) return;
  frame.height = String(height);
  frame.style.transform = scale < 1 ? `scale(${scale})` : "";
  box().style.height = `${Math.ceil(height * scale)}px`;
}

// Polls, since the load event would wait for every image.
async function untilParsed(frame) {
  while (frame.isConnected && !isParsed(frame)) await new Promise((resolve) => setTimeout(resolve, 8));
}

function isParsed(frame) {
  const content = frame.contentDocument;
  return content && content.URL !== "about:blank" && content.readyState !== "loading";
}
