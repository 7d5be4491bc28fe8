// Undo of moves, additions, removals, pins and saved fields, 20 deep for each tab. Inside a field, the browser undoes.
import { refresh } from "./morph.js";
import { post } from "./requests.js";
import { showNotice, showSaved } from "./status.js";

const KEY = "studio-undo"; // this tab has changed something

let ownUndo = null;

// Shows the header's button once this tab has changed something.
export function startUndo() {
  const button = document.getElementById("undo");
  button.addEventListener("click", () => { undo(); });
  button.hidden = !sessionStorage.getItem(KEY);
  document.addEventListener("undoable", () => offer(true));
}

function offer(possible) {
  if (possible) sessionStorage.setItem(KEY, "yes");
  else sessionStorage.removeItem(KEY);
  document.getElementById("undo").hidden = !possible;
}

// Lets a page undo something of its own first; `action` returns whether there was anything.
export function undoFirst(action) {
  ownUndo = action;
}

export async function undo() {
  if (await ownUndo?.()) return true;
  const { ok, body, error } = await post("/undo", {});
  if (!ok) {
    const why = body.conflict ? "somebody else has changed this since: it can’t be undone" : error.what;
    if (error.code === "undo-nothing") offer(false);
    showNotice(`${why[0].toUpperCase()}${why.slice(1)}.`);
    return false;
  }
  showSaved(body.saved_at);
  showNotice(body.announce || "Undone.");
  await refresh();
  return true;
}
