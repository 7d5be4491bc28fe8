// Forms whose change leads to another page (`data-forward`): they are posted with this tab's key, so that the change can
// be undone there, and the page that comes next says what was done.
import { post } from "./requests.js";
import { showNotice, showProblem } from "./status.js";

const KEY = "studio-notice";

export function startForwarding() {
  const words = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (words) showNotice(words);
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-forward]")) return;
    event.preventDefault();
    const { ok, body, error } = await post(form.action, new FormData(form));
    showProblem(form, ok ? "" : error.what);
    if (!ok) return;
    sessionStorage.setItem(KEY, body.announce);
    location.assign(body.go_to);
  });
}
