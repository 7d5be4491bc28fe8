// Before anything is shown: what only works without scripts is hidden, and what only works with them is shown.
document.documentElement.classList.add("scripted");
