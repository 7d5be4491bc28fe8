// One live region for the whole page: screen readers read out what is announced, one text after the other.
let waiting = [];
let timer = 0;

// Announces a text. Several within a moment are read together, so that none replaces another.
export function announce(text) {
  if (!text) return;
  waiting.push(text);
  clearTimeout(timer);
  timer = setTimeout(() => {
    const region = document.getElementById("announcements");
    const texts = waiting.join(" ");
    waiting = [];
    if (!region) return;
    // The same text twice is a change too.
    region.textContent = region.textContent === texts ? `${texts}\u00a0` : texts;
  }, 50);
}
