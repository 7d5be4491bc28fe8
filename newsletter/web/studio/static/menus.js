// Menus: `<details data-menu>` closes when something else is used, and with Escape, which gives the focus back to it.

export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of openMenus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

const openMenus = () => document.querySelectorAll("details[data-menu][open]");
