// The entry point of every page of the studio. Pages work without it, as plain forms.
import { startCatching } from "./catching.js";
import { dropDraftsOfOthers } from "./drafts.js";
import { startForms } from "./forms.js";
import { addKey, startKeys } from "./keys.js";
import { startMenus } from "./menus.js";
import { listenForChanges } from "./morph.js";
import { startPalette } from "./palette.js";
import { startPasting } from "./pasting.js";
import { startPresence } from "./presence.js";
import { post } from "./requests.js";
import { offerKeptDrafts, saveAll, startSaving } from "./saving.js";
import { holdSession } from "./session.js";
import { showNotice, showProblem, showSaved } from "./status.js";
import { startSteps } from "./steps.js";
import { startUndo, undo } from "./undo.js";

async function saveAndCommit() {
  if (!(await saveAll())) return;
  const { ok, body, error } = await post("/commit", {});
  showProblem("commit", ok ? "" : error.what);
  if (!ok) return;
  showSaved(body.saved_at);
  showNotice(body.announce);
}

dropDraftsOfOthers();
startSaving();
startKeys();
startSteps();
startPalette();
startPasting();
startCatching();
startUndo();
startMenus();
startForms();
startPresence();
addKey("Ctrl+S", () => { saveAndCommit(); }, { label: "Save and commit", group: "Anywhere", inFields: true, command: true });
addKey("Ctrl+Z", () => { undo(); }, { label: "Undo (outside fields)", group: "Anywhere", command: true });
listenForChanges();
await holdSession();
offerKeptDrafts();
