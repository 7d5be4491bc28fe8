// On narrow screens, one column is shown at a time: the links to the columns become tabs.
const narrow = matchMedia("(max-width: 68.74rem)");
const tabs = () => [...document.querySelectorAll("#column-tabs a")];
const panelOf = (tab) => document.querySelector(tab.hash);

export function startTabs() {
  const wanted = tabs().find((tab) => tab.hash === location.hash || panelOf(tab).contains(target()));
  select(wanted ?? tabs()[1]);
  for (const tab of tabs()) {
    tab.addEventListener("click", (event) => {
      if (!narrow.matches) return;
      event.preventDefault();
      select(tab);
    });
    tab.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || !narrow.matches) return;
      event.preventDefault();
      event.stopPropagation();
      const all = tabs();
      const next = all[(all.indexOf(tab) + by + all.length) % all.length];
      select(next);
      next.focus();
    });
  }
  narrow.addEventListener("change", setRoles);
}

function target() {
  try {
    return document.getElementById(decodeURIComponent(location.hash.slice(1)));
  } catch {
    return null;
  }
}

function select(chosen) {
  document.querySelector("main.compose").dataset.tab = panelOf(chosen).id;
  for (const tab of tabs()) tab.dataset.selected = String(tab === chosen);
  setRoles();
  if (narrow.matches) scrollTo({ top: 0, behavior: "instant" });
}

// Shows the column that an element is in.
export function revealColumn(element) {
  const tab = tabs().find((candidate) => panelOf(candidate).contains(element));
  if (tab && tab.dataset.selected !== "true") select(tab);
}

function setRoles() {
  const on = narrow.matches;
  const list = document.querySelector("#column-tabs > div");
  set(list, "role", on && "tablist");
  set(list, "aria-label", on && "Columns");
  for (const tab of tabs()) {
    const selected = tab.dataset.selected === "true";
    const panel = panelOf(tab);
    set(tab, "role", on && "tab");
    set(tab, "aria-selected", on && String(selected));
    set(tab, "aria-controls", on && panel.id);
    set(tab, "tabindex", on && !selected && "-1");
    set(panel, "role", on && "tabpanel");
  }
}

function set(element, name, value) {
  if (value) element.setAttribute(name, value);
  else element.removeAttribute(name);
}
