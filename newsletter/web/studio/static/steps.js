// Stepping through a page: j and k through the elements with `data-step`, F8 through those with `data-finding`.
import { announce } from "./announce.js";
import { addKey } from "./keys.js";

export function startSteps() {
  addKey("j", () => step("[data-step]", 1), { label: "Next", group: "Anywhere" });
  addKey("k", () => step("[data-step]", -1), { label: "Previous", group: "Anywhere" });
  addKey("F8", () => nextFinding(1), { label: "Next finding", group: "Anywhere", inFields: true });
  addKey("Shift+F8", () => nextFinding(-1), { label: "Previous finding", group: "Anywhere", inFields: true });
}

function nextFinding(by) {
  if (!step("[data-finding]", by)) announce("No findings");
}

// Moves the focus to the next visible element that fits a selector, from where it is now; around at the end.
export function step(selector, by) {
  const elements = [...document.querySelectorAll(selector)].filter((element) => element.getClientRects().length);
  if (!elements.length) return false;
  const focused = document.activeElement ?? document.body;
  const inside = elements.findIndex((element) => element === focused || element.contains(focused));
  let at;
  if (inside >= 0) {
    at = inside + by;
  } else if (focused === document.body) {
    at = by > 0 ? 0 : -1;
  } else {
    const after = elements.findIndex((element) => focused.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
    at = by > 0 ? (after < 0 ? 0 : after) : (after < 0 ? elements.length : after) - 1;
  }
  const target = elements[(at + elements.length) % elements.length];
  target.focus();
  target.scrollIntoView({ block: "nearest" });
  return true;
}
