// The readers of segments, counted part by part: numbers grow as they come, and a rule is tried while it is typed.
import { announce } from "./announce.js";
import { element } from "./elements.js";
import { fetchPage } from "./requests.js";

const QUIET_MS = 300; // after the last key
const MOST = 5; // examples on each side
const latest = { rule: 0, list: 0 }; // the count under way of each kind; a later one ends it

start();
document.addEventListener("refreshed", () => {
  const field = document.querySelector("#where[data-try]");
  if (field) tryRule(field);
  else start();
});
let timer = 0;
document.addEventListener("input", (event) => {
  const field = event.target.closest("[data-try]");
  if (!field) return;
  clearTimeout(timer);
  timer = setTimeout(() => tryRule(field), QUIET_MS);
});

// Goes on with what the page has counted before it was shown.
function start() {
  const begun = document.getElementById("counted-so-far");
  if (!begun) {
    countGroups();
    return;
  }
  const rule = document.querySelector("#tried") && document.querySelector("[data-try]");
  const total = sumOf(begun);
  if (rule) count(pathOf(rule), total, () => show(total, document), begun.dataset.after);
}

// Counts the segments of the list, a group at a time: next always one that can be seen, if there is any.
async function countGroups() {
  const groups = [...document.querySelectorAll(".count-group")].map((begun) => ({
    slugs: JSON.parse(begun.dataset.group), total: sumOf(begun), after: begun.dataset.after,
  }));
  const base = document.querySelector("[data-count-path]")?.dataset.countPath;
  while (base && groups.length) {
    const [group] = groups.splice(Math.max(groups.findIndex(({ slugs }) => slugs.some(isSeen)), 0), 1);
    const path = `${base}?${new URLSearchParams(group.slugs.map((slug) => ["segment", slug]))}`;
    const shown = () => show(group.total, document, group.slugs);
    if (!await count(path, group.total, shown, group.after, "list")) return;
  }
}

function isSeen(slug) {
  const box = placeOf(slug)?.getBoundingClientRect();
  return Boolean(box) && box.bottom > 0 && box.top < innerHeight;
}

function placeOf(slug) {
  return document.querySelector(`[data-count-of="${CSS.escape(slug)}"]`);
}

// Counts the readers for whom the text of a field holds.
async function tryRule(field) {
  const into = document.getElementById(field.dataset.tryInto);
  if (!field.value.trim() && into.id !== "tried") {
    latest.rule += 1;
    into.replaceChildren();
    return;
  }
  const total = { counts: {}, readers: 0, share: 0, inside: [], outside: [] };
  const slug = into.dataset.slug ?? "new";
  const finished = await count(pathOf(field), total, (mistake) => {
    if (mistake) into.replaceChildren(mistake);
    else render(into, slug, total);
  }, "0");
  if (finished) announce(words(total.counts[slug] ?? 0));
}

function pathOf(field) {
  const path = new URL(field.dataset.try, location.href);
  path.searchParams.set("where", field.value);
  return path.pathname + path.search;
}

// Adds part after part to the total, and shows each; returns whether it came to the end.
async function count(path, total, shown, after, kind = "rule") {
  const own = ++latest[kind];
  total.after = after;
  while (path && total.after) {
    const page = await fetchPage(`${path}${path.includes("?") ? "&" : "?"}after=${total.after}`);
    if (own !== latest[kind] || !page) return false;
    const part = page.querySelector(".count-part");
    if (!part) {
      shown(page.querySelector(".refusal"));
      return false;
    }
    add(total, part);
    shown();
  }
  if (own === latest[kind]) shown();
  return own === latest[kind];
}

function add(total, part) {
  const more = sumOf(part);
  for (const [slug, number] of Object.entries(more.counts)) total.counts[slug] = (total.counts[slug] ?? 0) + number;
  total.readers += more.readers;
  total.after = part.dataset.after;
  total.share = more.share;
  total.inside = [...total.inside, ...part.querySelectorAll(".inside > li")].slice(0, MOST);
  total.outside = [...total.outside, ...part.querySelectorAll(".outside > li")].slice(0, MOST);
}

function sumOf(part) {
  const examples = (side) => [...document.querySelectorAll(`#tried .${side} > li:not(.quiet)`)];
  return {
    counts: JSON.parse(part.dataset.counts),
    readers: Number(part.dataset.readers),
    share: Number(part.dataset.share),
    inside: part.id ? examples("inside") : [],
    outside: part.id ? examples("outside") : [],
  };
}

function show(total, page, slugs = null) {
  for (const place of page.querySelectorAll("[data-count-of]")) {
    if (slugs && !slugs.includes(place.dataset.countOf)) continue;
    place.replaceChildren(...numberOf(total.counts[place.dataset.countOf] ?? 0, total));
  }
  const all = page.querySelector("[data-all]");
  if (all) all.textContent = `of ${total.readers.toLocaleString("en")} who would be mailed now`;
}

// Shows the number and the examples of one rule.
function render(into, slug, total) {
  const number = element("p", "segment-number big");
  number.append(...numberOf(total.counts[slug] ?? 0, total));
  const all = element("p", "quiet", `of ${total.readers.toLocaleString("en")} who would be mailed now`);
  const examples = total.inside.length || total.outside.length ? [
    ...examplesOf("In it, for example", "inside", total.inside),
    ...examplesOf("Not in it", "outside", total.outside),
  ] : [];
  into.replaceChildren(number, all, ...examples);
}

function examplesOf(title, side, known) {
  const list = element("ul", `${side} examples`);
  list.append(...(known.length ? known : [element("li", "quiet", "Nobody")]));
  return [element("h2", "eyebrow", title), list];
}

function numberOf(number, total) {
  const rest = total.after ? [" ", element("span", "quiet so-far", `so far, ${Math.round(total.share * 100)}% counted`)] : [];
  return [element("b", "", number.toLocaleString("en")), " ", element("span", "", number === 1 ? "reader" : "readers"), ...rest];
}

function words(number) {
  return `${number.toLocaleString("en")} ${number === 1 ? "reader" : "readers"}`;
}
