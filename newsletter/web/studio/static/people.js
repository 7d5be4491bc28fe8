// The pages of the team and of one's own account: `<form data-change-people>` is posted without leaving the page.
// `data-empties` empties the form afterwards; `data-at-once` posts it when one of its fields changes.
import { announce } from "./announce.js";
import { refresh } from "./morph.js";
import { postChange, showNotice } from "./status.js";

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-change-people]")) return;
  event.preventDefault();
  change(event.target);
});
document.addEventListener("change", (event) => {
  if (event.target.form?.matches("[data-at-once]")) change(event.target.form);
});

async function change(form) {
  const body = await postChange(form, new URL(form.action).pathname, new FormData(form));
  if (!body) return;
  showNotice(body.announce);
  if ("empties" in form.dataset) form.reset();
  const menu = form.closest("details[data-menu]");
  if (menu) menu.open = false;
  await refresh();
  if (document.activeElement === document.body) document.getElementById("main").focus();
  announce(body.announce);
}
