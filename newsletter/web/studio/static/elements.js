// Makes elements for what scripts show: their texts are never read as HTML.

// Returns a new element with classes and a text.
export function element(name, className = "", text = "") {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.textContent = text;
  return made;
}

// Returns a button that does something.
export function actionButton(className, label, action) {
  const made = element("button", className, label);
  made.type = "button";
  made.addEventListener("click", action);
  return made;
}
