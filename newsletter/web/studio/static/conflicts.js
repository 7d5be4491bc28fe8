// The choice between two versions of a field, beside it: the editor's text stays where it is until they choose.
import { marked } from "./differences.js";
import { actionButton, element } from "./elements.js";

// Words for a field that somebody else has changed meanwhile.
const MEANWHILE = {
  title: "Somebody else has changed this meanwhile.",
  mine: "Mine",
  theirs: "Theirs",
  keep: "Keep mine",
  take: "Take theirs",
};

// Shows another version of a field, `theirs`. `choose` is called with the chosen text, or null for the field's own.
export function showVersions(form, { label, theirs, choose, words = MEANWHILE }) {
  const slot = form.querySelector(".conflict");
  const control = form.elements.namedItem("value");
  const mine = element("p", "version-text");
  const others = element("p", "version-text");
  const compare = () => {
    mine.replaceChildren(...marked(control.value, theirs));
    others.replaceChildren(...marked(theirs, control.value));
  };
  compare();
  control.addEventListener("input", compare);
  const end = (value) => {
    control.removeEventListener("input", compare);
    choose(value);
  };
  slot.replaceChildren(
    element("p", "conflict-title", words.title),
    version(words.mine, mine, button(words.keep, () => end(null))),
    version(words.theirs, others, button(words.take, () => end(theirs))),
  );
  if (control.matches("textarea, input[type=text]")) {
    slot.append(button("Keep both", () => end(both(control, theirs))));
  }
  slot.setAttribute("role", "group");
  slot.setAttribute("aria-label", `Two versions of ${label}`);
  slot.hidden = false;
}

export function hideVersions(form) {
  const slot = form.querySelector(".conflict");
  slot.hidden = true;
  slot.replaceChildren();
}

function both(control, theirs) {
  return `${control.value}${control.matches("textarea") ? "\n\n" : " "}${theirs}`;
}

function version(name, text, choice) {
  const box = element("div", "version");
  box.append(element("p", "version-name", name), text, choice);
  return box;
}

const button = (label, action) => actionButton("button", label, action);
