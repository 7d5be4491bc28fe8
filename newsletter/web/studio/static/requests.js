// Requests to the studio: forms in, JSON or a page out. Its scripts send no others, except the stream of changes.
import { confirmWithPasskey } from "./passkeys.js";
import { whenReleased } from "./pressing.js";
import { sessionKey } from "./session.js";

const MEANWHILE = { code: "conflict", what: "somebody else has changed this meanwhile", hint: "", field: "" };

// Posts fields (an object, a FormData or URLSearchParams) and returns {ok, status, body, error}. Unless it is `ok`,
// `error` is {code, what, hint, field}; a conflict is in `body.conflict`, too. `status` is 0 if the studio doesn't
// answer. With `keepalive`, the request outlives the page. A change that can be undone is announced to the page by the
// event "undoable". If a change asks for a passkey again, the person uses it, and the request is repeated.
export async function post(path, fields, options = {}) {
  const answer = await postOnce(path, fields, options);
  if (answer.error?.code !== "confirmation-needed" || options.keepalive) return answer;
  return (await confirmWithPasskey(postOnce)) ? postOnce(path, fields, options) : answer;
}

// The same, without a passkey.
export async function postOnce(path, fields, { keepalive = false } = {}) {
  try {
    const response = await fetch(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { Accept: "application/json", "X-Studio-Session": sessionKey() },
      keepalive,
    });
    const body = await bodyOf(response);
    if (response.ok && body.undo) document.dispatchEvent(new Event("undoable"));
    return { ok: response.ok, status: response.status, body, error: response.ok ? null : body.error ?? MEANWHILE };
  } catch {
    const body = failure("offline", "the studio doesn’t answer");
    return { ok: false, status: 0, body, error: body.error };
  }
}

// Posts a form with a file; `progress` is called with the share that has been sent. Returns the same as `post`.
export function upload(path, form, progress) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest(); // fetch doesn't tell how much it has sent
    request.open("POST", path);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", ({ loaded, total }) => progress(total ? loaded / total : 0));
    request.addEventListener("loadend", async () => {
      const ok = request.status >= 200 && request.status < 300;
      const answer = request.status ? new Response(request.responseText, { status: Math.max(request.status, 200) }) : null;
      const body = answer ? await bodyOf(answer) : failure("offline", "the studio doesn’t answer");
      resolve({ ok, status: request.status, body, error: ok ? null : body.error ?? MEANWHILE });
    });
    request.send(form);
  });
}

// Fetches a page, or a part of one, and returns it as a document once it may be shown: while nothing is pressed. Returns
// null if the studio doesn't answer. With `anyStatus`, also the page that says what is wrong.
export async function fetchPage(path, { anyStatus = false } = {}) {
  try {
    const response = await fetch(path, { headers: { Accept: "text/html" } });
    if (!response.ok && !anyStatus) return null;
    const text = await response.text();
    await whenReleased();
    return new DOMParser().parseFromString(text, "text/html");
  } catch {
    return null; // the studio is stopping; it tells again when it is back
  }
}

// Fetches values, and returns them; null if the studio doesn't answer.
export async function fetchValues(path) {
  try {
    const response = await fetch(path, { headers: { Accept: "application/json" } });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

async function bodyOf(response) {
  try {
    return await response.json();
  } catch {
    if (response.status === 403) return failure("locked", "the studio was restarted: open it again");
    if (response.status === 413) return failure("too-large", "this is too large");
    return failure("unknown", `the studio answered with an error (${response.status})`);
  }
}

function failure(code, what) {
  return { error: { code, what, hint: "", field: "" } };
}
