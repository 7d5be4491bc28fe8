// The choice between two versions of a field, beside it: the editor's text stays where it is until they choose.

// Shows the other version of a field. `choose` is called with the chosen text, or null for the field's own.
export function showConflict(form, { label, theirs, choose, title, theirName = "Theirs", mineName = "Mine", ...names }) {
  const slot = form.querySelector(".conflict");
  const control = form.elements.namedItem("value");
  const several = control.matches("textarea, input[type=text]");
  slot.replaceChildren(
    element("p", "conflict-title", title ?? `Somebody else has changed ${label} meanwhile.`),
    version(mineName, () => control.value, control, button(names.keep ?? "Keep mine", () => choose(null))),
    version(theirName, () => theirs, null, button(names.take ?? "Take theirs", () => choose(theirs))),
    ...(several ? [button("Keep both", () => choose(both(control, theirs)))] : []),
  );
  slot.setAttribute("role", "group");
  slot.setAttribute("aria-label", `Two versions of ${label}`);
  slot.hidden = false;
}

export function hideConflict(form) {
  const slot = form.querySelector(".conflict");
  slot.hidden = true;
  slot.replaceChildren();
}

function both(control, theirs) {
  return `${control.value}${control.matches("textarea") ? "\n\n" : " "}${theirs}`;
}

function version(name, text, control, choice) {
  const box = element("div", "version");
  const body = element("p", "version-text", text());
  control?.addEventListener("input", () => { body.textContent = text(); });
  box.append(element("p", "version-name", name), body, choice);
  return box;
}

function button(label, action) {
  const made = element("button", "button", label);
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}

function element(name, className, text = "") {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}
