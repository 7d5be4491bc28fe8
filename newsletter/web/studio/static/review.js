// The review page, and comments on the entry page.
import { refresh } from "./morph.js";

const CHANGED = ["review-outdated", "not-found"]; // the page shows what isn't there any more

document.addEventListener("refused", ({ detail: error }) => { if (CHANGED.includes(error.code)) refresh(); });

// Choosing a time means approving for it.
document.addEventListener("input", (event) => {
  if (event.target.id !== "clock" || document.querySelector("[name=when]:checked")?.id.match(/^when-(at|local)$/)) return;
  document.getElementById("when-at").checked = true;
});
