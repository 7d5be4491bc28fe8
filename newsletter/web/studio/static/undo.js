// Undo of moves, additions, removals, pins and saved fields, 20 deep for each tab. Inside a field, the browser undoes.
import { announce } from "./announce.js";
import { refresh } from "./morph.js";
import { post } from "./requests.js";
import { showProblem, showSaved } from "./status.js";

let ownUndo = null;

// Lets a page undo something of its own first; `action` returns whether there was anything.
export function undoFirst(action) {
  ownUndo = action;
}

export async function undo() {
  if (await ownUndo?.()) return true;
  const { ok, body } = await post("/undo", {});
  if (!ok) {
    announce(body.error?.what ?? "Somebody else has changed this since: it can’t be undone.");
    return false;
  }
  showProblem("undo", "");
  showSaved(body.saved_at);
  announce(body.announce || "Undone");
  await refresh();
  return true;
}
