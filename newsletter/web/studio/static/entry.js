// The entry page: quotes from the piece, tools of the quotation, topics, and the entry in the email.
import { announce } from "./announce.js";
import { inBrackets, joined, selectedText } from "./quoting.js";
import { setField } from "./saving.js";
import { startSentences } from "./sentences.js";
import { startTopics } from "./topics.js";
import { insertText } from "./typing.js";

const main = document.getElementById("main");
const { ellipsis } = main.dataset;
let lastSelection = null; // on a phone, a tap on the button may end the selection
let quotationId = "quotation"; // the field that quotes go to: the one that had the focus last

startTopics();
startSentences("piece-text");
fitLook();
const quoteButton = document.getElementById("quote");
quoteButton?.addEventListener("pointerdown", (event) => event.preventDefault());
quoteButton?.addEventListener("click", quote);
document.addEventListener("selectionchange", rememberSelection);
document.addEventListener("refreshed", () => { showLook(); showQuoteBar(); });
document.addEventListener("click", (event) => {
  const tool = event.target.closest?.("[data-tool]");
  if (tool) useTool(tool.dataset.tool, document.getElementById(tool.dataset.for));
});
document.addEventListener("pointerdown", (event) => { if (event.target.closest?.("[data-tool]")) event.preventDefault(); });
document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("textarea[id^=quotation]")) quotationId = event.target.id;
});
// As in code editors: a bracket goes around the selected words.
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (event.key !== "[" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (!field.matches?.("textarea[id^=quotation]") || field.selectionStart === field.selectionEnd) return;
  event.preventDefault();
  useTool("brackets", field);
});

const piece = () => document.getElementById("piece-text");

function rememberSelection() {
  const selection = getSelection();
  if (!piece() || !selection.rangeCount || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  if (range.intersectsNode(piece())) lastSelection = range.cloneRange();
}

function quote() {
  rememberSelection(); // the browser tells of a change a moment later
  const field = document.getElementById(quotationId) ?? document.getElementById("quotation");
  const text = lastSelection && piece() ? selectedText(lastSelection, piece()) : "";
  if (!field || !text) {
    announce("Select a passage of the piece first");
    return;
  }
  const whole = [...piece().querySelectorAll("[data-paragraph]")].map((paragraph) => paragraph.textContent).join("\n\n");
  const quotation = joined(field.value, text, whole, ellipsis);
  lastSelection = null;
  getSelection().removeAllRanges();
  if (quotation === field.value.trim()) {
    announce("The quotation has this passage already");
    return;
  }
  announce(field.value.trim() ? "Added to the quotation" : "Quoted");
  setField(field.form, quotation);
}

function useTool(tool, field) {
  if (!field) return;
  const { selectionStart: start, selectionEnd: end } = field;
  const chosen = field.value.slice(start, end);
  insertText(field, tool === "brackets" ? inBrackets(chosen) : spaced(field.value, start, end));
  if (tool === "brackets" && !chosen) field.setSelectionRange(start + 1, start + 1);
}

// Returns the ellipsis with a space on each side that has none.
function spaced(text, start, end) {
  return `${/\s$|^$/.test(text.slice(0, start)) ? "" : " "}${ellipsis}${/^\s|^$/.test(text.slice(end)) ? "" : " "}`;
}

function showQuoteBar() {
  document.getElementById("quote-bar")?.toggleAttribute("hidden", !piece());
}

// The frame is loaded anew only if the entry looks different.
function showLook() {
  const wanted = document.getElementById("look")?.dataset.look ?? "";
  const box = document.getElementById("look-frame");
  const frame = box?.querySelector("iframe");
  if (!box || (frame?.getAttribute("src") ?? "") === wanted) return;
  if (!wanted) {
    frame.remove();
  } else if (frame) {
    frame.contentWindow.location.replace(wanted); // not a step in the history
    frame.setAttribute("src", wanted);
  } else {
    const made = document.createElement("iframe");
    made.className = "email";
    made.title = "The entry in the email";
    made.setAttribute("sandbox", box.dataset.sandbox);
    made.src = wanted;
    box.append(made);
  }
}

// Makes the frame as high as the entry.
function fitLook() {
  const box = document.getElementById("look-frame");
  const fit = (frame) => {
    const body = frame.contentDocument?.body;
    if (body) frame.style.height = `${Math.ceil(body.scrollHeight)}px`;
  };
  box?.addEventListener("load", (event) => fit(event.target), true);
  const frame = box?.querySelector("iframe");
  if (frame?.contentDocument?.readyState === "complete") fit(frame);
  if (box) new ResizeObserver(() => [...box.querySelectorAll("iframe")].forEach(fit)).observe(box);
}
