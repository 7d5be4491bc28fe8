// Catches links that are pasted: a link outside a field opens the capture window, on any page.

export function startCatching() {
  document.addEventListener("paste", (event) => {
    if (event.defaultPrevented || event.target.closest?.("input, textarea, select, [contenteditable], dialog")) return;
    const url = pastedLink(event);
    if (!url) return;
    event.preventDefault();
    openCapture(url);
  });
}

// Returns the address if a text is nothing but one of a web page, else "".
export function linkIn(text) {
  const trimmed = text.trim();
  return /^https?:\/\/\S+$/i.test(trimmed) && URL.canParse(trimmed) ? trimmed : "";
}

// Returns the link that an event pastes, if it pastes nothing else.
export function pastedLink(event) {
  return linkIn(event.clipboardData?.getData("text/plain") ?? "");
}

// Leaves the page for the capture window, filled in from a link's page.
export function openCapture(url) {
  location.assign(`/capture#${new URLSearchParams({ url })}`);
}
