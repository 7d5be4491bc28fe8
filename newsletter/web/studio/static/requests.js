// Requests to the studio: forms in, JSON out.
import { sessionKey } from "./session.js";

// Posts fields (an object, a FormData or URLSearchParams) and returns {ok, status, body}. `status` is 0 and `body` has
// an error if the studio doesn't answer. With `keepalive`, the request outlives the page.
export async function post(path, fields, { keepalive = false } = {}) {
  try {
    const response = await fetch(path, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { Accept: "application/json", "X-Studio-Session": sessionKey() },
      keepalive,
    });
    return { ok: response.ok, status: response.status, body: await bodyOf(response) };
  } catch {
    return { ok: false, status: 0, body: failure("offline", "the studio doesn’t answer") };
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
