// The readers of segments, counted part by part: numbers grow as they come, and a rule is tried while it is typed.
import { announce } from "./announce.js";
import { element } from "./elements.js";
import { fetchPage, fetchValues } from "./requests.js";

const QUIET_MS = 300; // after the last key
const MOST = 5; // examples on each side
let latest = 0; // the count under way of a rule; a later one ends it
let isCounting = false; // the list

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

// Counts the segments of the list, a part at a time: next always of a group that can be seen, if there is any. The
// studio knows how far each is counted.
async function countGroups() {
  if (isCounting) return;
  isCounting = true;
  for (let group; (group = nextGroup()); ) {
    const slugs = JSON.parse(group.dataset.group);
    const query = new URLSearchParams(slugs.map((slug) => ["segment", slug]));
    const part = await fetchValues(`${group.closest("[data-count-path]")?.dataset.countPath}?${query}`);
    if (!part) break;
    for (const [slug, { number, share }] of Object.entries(part.counts)) placeOf(slug)?.replaceChildren(...numberOf(number, share));
    if (part.finished) group.remove();
  }
  isCounting = false;
}

function nextGroup() {
  const groups = [...document.querySelectorAll("[data-group]")];
  return groups.find((group) => JSON.parse(group.dataset.group).some(isSeen)) ?? groups[0];
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
    latest += 1;
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
async function count(path, total, shown, after) {
  const own = ++latest;
  total.after = after;
  while (path && total.after) {
    const page = await fetchPage(`${path}${path.includes("?") ? "&" : "?"}after=${total.after}`);
    if (own !== latest || !page) return false;
    const part = page.querySelector(".count-part");
    if (!part) {
      shown(page.querySelector(".refusal"));
      return false;
    }
    add(total, part);
    shown();
  }
  if (own === latest) shown();
  return own === latest;
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

function show(total, page) {
  for (const place of page.querySelectorAll("[data-count-of]")) {
    place.replaceChildren(...numberOf(total.counts[place.dataset.countOf] ?? 0, shareOf(total)));
  }
  const all = page.querySelector("[data-all]");
  if (all) all.textContent = `of ${total.readers.toLocaleString("en")} who would be mailed now`;
}

// Shows the number and the examples of one rule.
function render(into, slug, total) {
  const number = element("p", "segment-number big");
  number.append(...numberOf(total.counts[slug] ?? 0, shareOf(total)));
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

function shareOf(total) {
  return total.after ? total.share : 1;
}

function numberOf(number, share) {
  const rest = share < 1 ? [" ", element("span", "quiet so-far", `so far, ${Math.round(share * 100)}% counted`)] : [];
  return [element("b", "", number.toLocaleString("en")), " ", element("span", "", number === 1 ? "reader" : "readers"), ...rest];
}

function words(number) {
  return `${number.toLocaleString("en")} ${number === 1 ? "reader" : "readers"}`;
}
