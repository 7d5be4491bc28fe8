// Who else is in the studio, and where: as the stream of changes tells, and only while it is open.
import { announce } from "./announce.js";
import { onChange } from "./changes.js";
import { element } from "./elements.js";
import { whenReleased } from "./pressing.js";

let here = new Set(); // names of those on this page

export function startPresence() {
  if (!document.getElementById("presence")) return;
  onChange("people", (data) => show(JSON.parse(data)));
  onChange("connection", (state) => { if (state !== "on") show([]); });
}

async function show(people) {
  await whenReleased();
  const place = document.getElementById("presence");
  const onPage = people.filter((person) => person.path && person.path === location.pathname);
  place.hidden = !people.length;
  if (!people.length) place.open = false;
  place.querySelector("summary").textContent = summary(people, onPage);
  place.querySelector("ul").replaceChildren(...people.map(line));
  for (const person of onPage) if (!here.has(person.name)) announce(`${person.name} is on this page.`);
  here = new Set(onPage.map((person) => person.name));
}

function summary(people, onPage) {
  if (onPage.length) return onPage.length === 1 ? `${onPage[0].name} is on this page` : `${onPage.length} others are on this page`;
  return people.length === 1 ? `${people[0].name} is here` : `${people.length} others are here`;
}

function line(person) {
  if (person.path && person.path === location.pathname) return element("li", "", `${person.name} is on this page`);
  if (!person.page) return element("li", "", person.name);
  const item = element("li", "", `${person.name}: `);
  const link = element("a", "", person.page);
  link.href = person.path;
  item.append(link);
  return item;
}
