// Before anything is shown: what only works without scripts is hidden, and what only works with them is shown. What is
// typed or pressed before the page's scripts listen is held back, and done again once they do.
document.documentElement.classList.add("scripted");
{
  const send = (event) => new Event(event, { bubbles: true });
  const again = {
    input: (field) => field.dispatchEvent(send("input")),
    change: (field) => field.dispatchEvent(send("change")),
    click: (button) => button.click(),
    submit: (form, submitter) => form.requestSubmit(submitter),
  };
  const early = Object.fromEntries(Object.keys(again).map((name) => [name, new Map()])); // the submitter by element

  const hold = (event) => {
    const { type, target, submitter } = event;
    const held = type === "click" ? target.closest("button[type=button]:not([popovertarget])") : target;
    if (!held) return;
    early[type].set(held, submitter);
    if (type !== "submit") return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  for (const name of Object.keys(again)) addEventListener(name, hold, true);
  document.addEventListener("DOMContentLoaded", () => { // scripts of the page have run then, as they are modules
    for (const name of Object.keys(again)) removeEventListener(name, hold, true);
    for (const [name, elements] of Object.entries(early)) elements.forEach((submitter, element) => again[name](element, submitter));
  });
}
