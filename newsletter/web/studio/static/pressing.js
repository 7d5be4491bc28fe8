// Whether something is being pressed. The page must not change then: a button that is moved, replaced, or becomes another
// one between press and release isn't clicked, or does something else.
const PRESSABLE = "a, button, input, label, summary"; // a scrollbar and a menu of options don't tell of their release
const CLICK_MS = 100; // by then, a released finger has clicked

let isPressed = false;
let timer = 0;
let waiting = [];

addEventListener("pointerdown", (event) => { if (event.button === 0 && event.target.closest(PRESSABLE)) press(); }, true);
addEventListener("keydown", (event) => { if (event.key === " " && event.target.matches("button, summary")) press(); }, true);
addEventListener("click", () => release(0), true);
for (const name of ["pointerup", "keyup"]) addEventListener(name, () => release(CLICK_MS), true);
for (const name of ["pointercancel", "contextmenu"]) addEventListener(name, () => release(0), true);
addEventListener("blur", () => release(0)); // of the window

// Resolves once nothing is pressed.
export function whenReleased() {
  return isPressed ? new Promise((resolve) => { waiting.push(resolve); }) : Promise.resolve();
}

function press() {
  clearTimeout(timer);
  isPressed = true;
}

function release(milliseconds) {
  clearTimeout(timer);
  timer = setTimeout(() => {
    isPressed = false;
    for (const resolve of waiting.splice(0)) resolve();
  }, milliseconds);
}
