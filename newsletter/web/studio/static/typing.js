// Types into a field as a person would: the browser's own undo takes it back, and the field saves itself.

// Puts a text in place of the selection, or at the cursor.
export function insertText(field, text) {
  field.focus();
  if (document.execCommand("insertText", false, text)) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true, inputType: "insertText", data: text }));
}
