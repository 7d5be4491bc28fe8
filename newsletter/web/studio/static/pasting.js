// Turns what is pasted from Word, Google Docs and web pages into clean Markdown, and says what it cleaned.
// Fields of several lines that save themselves, and those with `data-markdown`, get Markdown; those of one line, and
// those with `data-clean`, get clean text. `data-quotes="straight"` around a field straightens quotation marks.
import { announce } from "./announce.js";
import TurndownService from "./vendor/turndown.browser.es.js";
import { Tally, cleanText, cleanUrl } from "./cleaning.js";
import { actionButton, element } from "./elements.js";
import { insertText } from "./typing.js";

const LEFT_OUT = "script, style, meta, link, title, head, noscript, template, svg, math, canvas, object, embed, iframe, audio, video, button, input, select, textarea, form, xml, [hidden], [aria-hidden=true]";

const MARKDOWN = "form[data-autosave] textarea:not(.code-text), textarea[data-markdown]";
const CLEAN = "form[data-autosave] input[type=text], [data-clean]";

export function startPasting() {
  document.addEventListener("paste", paste);
  document.addEventListener("pasted", tell);
}

// Returns {markdown, cleaned}; `cleaned` is a list of words.
export function markdownOf(html, { quotes = "keep" } = {}) {
  const tally = new Tally();
  // A document made by DOMParser runs no scripts and loads nothing.
  const page = new DOMParser().parseFromString(harmless(html), "text/html");
  prepare(page, tally);
  const markdown = turndown().turndown(page.body);
  const clean = cleanText(markdown, { quotes, tally });
  return { markdown: tidy(clean), cleaned: tally.words() };
}

// The page's Content-Security-Policy applies to that document, too: styles and handlers would be reported as breaches of
// it. Styles of elements are kept as `pasted-style`, since Word and Google say with them what is bold, a list or hidden.
function harmless(html) {
  const tags = html.replace(/<style\b[^]*?(?:<\/style[^>]*>?|$)/gi, "");
  return tags.replace(/<[a-z](?:"[^"]*"|'[^']*'|[^'"<>])*/gi, (tag) => tag.replace(/([\s/"'])(style|on[a-z]+)(?=\s*=)/gi, "$1pasted-$2"));
}

// Returns the same for plain text; with `line`, for a field of one line.
export function plainTextOf(text, { quotes = "keep", line = false } = {}) {
  const tally = new Tally();
  const clean = cleanText(text, { quotes, tally });
  return { markdown: line ? clean.replace(/\s+/g, " ").trim() : clean, cleaned: tally.words() };
}

function tidy(markdown) {
  const lines = markdown.split("\n").map((line) => line.replace(/(?<=\S)[ \t]{2,}(?=\S)/g, " ").trimEnd());
  // Google Docs puts line breaks between paragraphs, where they are none.
  const breaks = lines.join("\n").replace(/^\\$/gm, "").replace(/\\\n(?=\n|$)/g, "\n");
  return breaks.replace(/\n{3,}/g, "\n\n").trim();
}

function prepare(page, tally) {
  const pictures = [...page.querySelectorAll("img, picture")].filter((element) => !element.parentElement.closest("picture"));
  tally.add("picture left out", "pictures left out", pictures.length);
  remove(pictures);
  remove(page.querySelectorAll(LEFT_OUT));
  // Word's tracked deletions, and its and Google's comments.
  remove(page.querySelectorAll("del[cite], del[datetime], .msocomoff, [class^=MsoComment], a[href^='#cmnt'], a[href*='_msocom']"));
  remove(page.querySelectorAll("sup:has(> a[href*='#']:only-child)"));
  for (const element of page.querySelectorAll("[pasted-style]")) {
    if (/(^|;)\s*(display:\s*none|visibility:\s*hidden|mso-hide:\s*all)/i.test(element.getAttribute("pasted-style"))) element.remove();
  }
  wordLists(page);
  emphasis(page);
  for (const heading of page.querySelectorAll("h1, h2, h3, h4, h5, h6")) {
    if (heading.textContent.trim()) tally.add("heading made bold", "headings made bold");
    const paragraph = renamed(heading, "p");
    const strong = page.createElement("strong");
    strong.append(...paragraph.childNodes);
    strong.querySelectorAll("strong, b").forEach((inner) => inner.replaceWith(...inner.childNodes));
    paragraph.append(strong);
  }
  for (const link of page.querySelectorAll("a")) {
    const target = link.getAttribute("href") ?? "";
    if (!/^(https?:|mailto:)/i.test(target)) link.replaceWith(...link.childNodes);
    else link.setAttribute("href", cleanUrl(target, tally));
    link.removeAttribute("title");
  }
  page.querySelectorAll("li > p:only-child").forEach((paragraph) => paragraph.replaceWith(...paragraph.childNodes));
}

// Word has no <ul>: its items are paragraphs whose bullet is text in a span with "mso-list: Ignore".
function wordLists(page) {
  let list = null;
  for (const item of page.querySelectorAll("p[pasted-style*='mso-list']")) {
    if (!/mso-list:\s*l\d/i.test(item.getAttribute("pasted-style"))) continue;
    const bullet = [...item.querySelectorAll("[pasted-style]")].find((mark) => /mso-list:\s*ignore/i.test(mark.getAttribute("pasted-style")));
    const kind = /^\s*(\d+|[a-z]{1,4})[.)]/i.test(bullet?.textContent ?? "") ? "ol" : "ul";
    bullet?.remove();
    if (list === null || list.localName !== kind || previous(item) !== list) {
      list = page.createElement(kind);
      item.before(list);
    }
    list.append(renamed(item, "li"));
  }
}

const previous = (element) => element.previousElementSibling;

// Google Docs and Pages write italics and bold as styles of spans; Google wraps everything in a <b> that isn't bold.
function emphasis(page) {
  page.querySelectorAll("b[pasted-style*='font-weight:normal'], b[id^=docs-internal]").forEach((b) => b.replaceWith(...b.childNodes));
  for (const span of page.querySelectorAll("span[pasted-style], font[pasted-style]")) {
    const style = span.getAttribute("pasted-style");
    if (!span.textContent.trim() || span.closest("h1, h2, h3, h4, h5, h6")) continue;
    if (/font-style:\s*italic/i.test(style) && !span.closest("em, i")) wrap(span, "em");
    if (/font-weight:\s*(bold|[6-9]00)/i.test(style) && !span.closest("strong, b")) wrap(span, "strong");
  }
}

function wrap(element, name) {
  const wrapper = element.ownerDocument.createElement(name);
  wrapper.append(...element.childNodes);
  element.append(wrapper);
}

function remove(elements) {
  elements.forEach((element) => element.remove());
}

function renamed(element, name) {
  const other = element.ownerDocument.createElement(name);
  other.append(...element.childNodes);
  element.replaceWith(other);
  return other;
}

let service = null;

function turndown() {
  if (service) return service;
  service = new TurndownService({ emDelimiter: "*", bulletListMarker: "-", br: "\\", codeBlockStyle: "fenced" });
  service.escape = escapeText;
  service.addRule("item", {
    filter: "li",
    replacement: (content, node) => {
      const parent = node.parentNode;
      const number = parent.localName === "ol" ? `${[...parent.children].indexOf(node) + Number(parent.getAttribute("start") || 1)}. ` : "- ";
      const indented = content.trim().replace(/\n+/g, (breaks) => breaks + " ".repeat(number.length));
      return number + indented + (node.nextElementSibling ? "\n" : "");
    },
  });
  service.addRule("row", {
    filter: "tr",
    replacement: (_content, node) => {
      const cells = [...node.children].map((cell) => cell.textContent.replace(/\s+/g, " ").replace(/\|/g, "\\|").trim());
      const first = node.closest("table").querySelector("tr") === node;
      const rule = first ? `\n|${cells.map(() => "---|").join("")}` : "";
      return `\n| ${cells.join(" | ")} |${rule}`;
    },
  });
  service.addRule("table", { filter: "table", replacement: (content) => `\n\n${content.replace(/\n+/g, "\n").trim()}\n\n` });
  service.addRule("underlined", { filter: ["u", "ins"], replacement: (content) => content });
  return service;
}

// Escapes only what would mean something else: quotations are kept as they are, "[The] attendant . . ." included.
export function escapeText(text) {
  return text
    .replace(/[\\`*]/g, "\\$&")
    .replace(/(^|[^\p{L}\p{N}])_|_(?=$|[^\p{L}\p{N}])/gu, (found) => found.replace("_", "\\_"))
    .replace(/\](?=[([:])/g, "\\]")
    .replace(/^(\s*)([-+>])(?=\s)/gm, "$1\\$2")
    .replace(/^(\s*\d+)([.)])(?=\s)/gm, "$1\\$2")
    .replace(/<(?=[a-z/!?])/gi, "\\<");
}

// Handles a paste into a field; returns what was cleaned, or null if the browser should paste as usual.
export function paste(event) {
  const field = event.target.closest?.(`${MARKDOWN}, ${CLEAN}`);
  const clipboard = event.clipboardData;
  if (!field || !clipboard || field.readOnly || field.disabled) return null;
  const [html, text] = [clipboard.getData("text/html"), clipboard.getData("text/plain")];
  const quotes = field.closest("[data-quotes]")?.dataset.quotes ?? "keep";
  const useHtml = html && field.matches(MARKDOWN) && !isCode(clipboard, html);
  const result = useHtml ? markdownOf(html, { quotes }) : plainTextOf(text, { quotes, line: field.localName === "input" });
  if (!result.markdown || result.markdown === text) return null;
  event.preventDefault();
  const start = field.selectionStart;
  insertText(field, result.markdown);
  field.dispatchEvent(
    new CustomEvent("pasted", { bubbles: true, detail: { ...result, original: text, start, end: start + result.markdown.length } }),
  );
  return result;
}

function isCode(clipboard, html) {
  return clipboard.types.includes("vscode-editor-data") || /^[^>]*<(div|pre|span)[^>]*white-space:\s*pre[;"\s]/i.test(html.replace(/<meta[^>]*>|<!--.*?-->|<\/?(html|body)[^>]*>/gi, "").trim());
}

// Says below a field what was cleaned, with a button that pastes the text as it was.
function tell(event) {
  const { target: field, detail: { cleaned, original, start, end } } = event;
  const notes = field.form?.querySelector(".notes") ?? field.parentElement;
  notes.querySelector(".cleaned")?.remove();
  if (!cleaned.length) return;
  const words = `Cleaned: ${cleaned.join(", ")}.`;
  const line = element("p", "cleaned", words);
  const asItWas = () => {
    field.setSelectionRange(start, end);
    insertText(field, original);
    line.remove();
  };
  field.addEventListener("input", () => line.remove(), { once: true });
  line.append(" ", actionButton("", "Paste it as it was", asItWas));
  notes.append(line);
  announce(words);
}
