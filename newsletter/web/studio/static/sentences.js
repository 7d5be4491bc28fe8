// Selecting sentences with the keyboard in a text that can't be edited: ↓ and ↑ select one, with Shift more.
import { announce } from "./announce.js";

let anchor = -1;
let last = -1;

export function startSentences(id) {
  document.addEventListener("keydown", (event) => {
    const text = event.target.closest?.(`#${id}`);
    if (!text || event.target !== text || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    step(text, event.key === "ArrowDown" ? 1 : -1, event.shiftKey);
  });
}

function step(text, by, extend) {
  const sentences = sentencesOf(text);
  if (!sentences.length) return;
  last = Math.min(Math.max(last + by, 0), sentences.length - 1);
  if (!extend || anchor < 0) anchor = last;
  const [first, final] = [sentences[Math.min(anchor, last)], sentences[Math.max(anchor, last)]];
  const range = document.createRange();
  range.setStart(first.node, first.start);
  range.setEnd(final.node, final.end);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
  const current = sentences[last];
  current.node.parentElement.scrollIntoView({ block: "nearest" });
  announce(current.node.data.slice(current.start, current.end).trim());
}

// Returns the sentences: their text nodes, and where they begin and end there.
function sentencesOf(text) {
  const segmenter = new Intl.Segmenter(text.lang || document.documentElement.lang, { granularity: "sentence" });
  const sentences = [];
  for (const paragraph of text.querySelectorAll("[data-paragraph]")) {
    const node = paragraph.firstChild;
    if (!node) continue;
    for (const { segment, index } of segmenter.segment(node.data)) {
      const length = segment.trimEnd().length;
      if (length) sentences.push({ node, start: index, end: index + length });
    }
  }
  return sentences;
}
