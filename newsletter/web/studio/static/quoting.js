// Quotes from a piece: joins selections with the house style's ellipsis. Pure, except for the two functions at the end.

// Returns `start` and `end` moved outwards to whole words, without spaces around them.
export function wholeWords(text, start, end) {
  const word = /[\p{L}\p{N}\p{M}’'‑-]/u;
  while (start < end && /\s/.test(text[start])) start += 1;
  while (end > start && /\s/.test(text[end - 1])) end -= 1;
  if (start === end) return [start, end];
  while (start > 0 && word.test(text[start]) && word.test(text[start - 1])) start -= 1;
  while (end < text.length && word.test(text[end - 1]) && word.test(text[end])) end += 1;
  return [start, end];
}

// Returns the end of a quotation with an ellipsis for what was left out: after a sentence its full stop stays.
export function withEllipsis(text, ellipsis = ". . .") {
  const bare = text.replace(/\s+$/, "");
  if (/(\. ?\. ?\.|…)$/.test(bare)) return bare;
  if (ellipsis === "...") return /[.]$/.test(bare) ? `${bare}...` : /[!?]$/.test(bare) ? `${bare} ...` : `${bare} ...`;
  return `${bare} ${ellipsis}`;
}

// Returns the quotation with another selection of the piece joined to it.
//
// `piece` is the piece's text, paragraphs apart by blank lines, and `selected` a part of it. A selection that comes
// before the quotation in the piece goes in front of it. Between two parts that aren't neighbours is an ellipsis.
export function joined(quotation, selected, piece, ellipsis = ". . .") {
  const addition = selected.trim();
  const present = quotation.trim();
  if (!addition || loose(present).includes(loose(addition))) return present;
  if (!present) return addition;
  const at = piece.indexOf(addition);
  const [first, last] = [located(firstFragment(present), piece), located(lastFragment(present), piece)];
  if (at >= 0 && first && at < first.start) return link(addition, present, piece.slice(at + addition.length, first.start), ellipsis);
  return link(present, addition, at >= 0 && last && last.end <= at ? piece.slice(last.end, at) : "\n\n…", ellipsis);
}

function link(before, after, between, ellipsis) {
  const paragraph = between.includes("\n\n");
  const skipped = between.trim() !== "";
  return `${skipped ? withEllipsis(before, ellipsis) : before}${paragraph ? "\n\n" : " "}${after}`;
}

const ELLIPSIS = /\s*(?:\.[  ]?\.[  ]?\.(?:[  ]?\.)?|…)\s*/;
const loose = (text) => text.replace(/\s+/g, " ");
const fragments = (quotation) => quotation.split(ELLIPSIS).flatMap((part) => part.split(/\n\s*\n/)).map((part) => part.trim()).filter(Boolean);
const firstFragment = (quotation) => fragments(quotation)[0] ?? "";
const lastFragment = (quotation) => fragments(quotation).at(-1) ?? "";

// Returns where a fragment is in the piece; brackets of the editor's make it look for the part after or before them.
function located(fragment, piece) {
  const plain = fragment.split(/\[[^\]]*\]/).map((part) => part.trim()).filter((part) => part.length > 3);
  const [head, tail] = [plain[0] ?? fragment, plain.at(-1) ?? fragment];
  const start = piece.indexOf(head);
  const end = piece.indexOf(tail, Math.max(start, 0));
  return start < 0 || end < 0 ? null : { start, end: end + tail.length };
}

// Returns the words in brackets; of a single letter the other case, as in "[T]he".
export function inBrackets(text) {
  if (text.length === 1 && /\p{L}/u.test(text)) {
    return `[${text === text.toLowerCase() ? text.toUpperCase() : text.toLowerCase()}]`;
  }
  return `[${text}]`;
}

// Returns the text of a range inside the piece, paragraphs apart by blank lines, in whole words.
export function selectedText(range, piece) {
  const parts = [];
  for (const paragraph of piece.querySelectorAll("[data-paragraph]")) {
    if (!range.intersectsNode(paragraph)) continue;
    const text = paragraph.textContent;
    const [from, to] = [offset(range, "start", paragraph, 0), offset(range, "end", paragraph, text.length)];
    const [start, end] = wholeWords(text, from, to);
    if (start < end) parts.push(text.slice(start, end));
  }
  return parts.join("\n\n");
}

function offset(range, edge, paragraph, otherwise) {
  const container = range[`${edge}Container`];
  if (!paragraph.contains(container)) return otherwise;
  const before = document.createRange();
  before.setStart(paragraph, 0);
  before.setEnd(container, range[`${edge}Offset`]);
  return before.toString().length;
}
