// Passkey ceremonies: the studio's options in, the browser's answer out, both as JSON (https://www.w3.org/TR/webauthn-3/).

// Thrown in words if a ceremony doesn't succeed.
export class PasskeyError extends Error {}

// Has the browser make a passkey or use one, as the studio's options say, and returns its answer as a text.
export async function runCeremony(options) {
  if (!window.PublicKeyCredential) throw new PasskeyError("this browser has no passkeys");
  const isNew = "pubKeyCredParams" in options;
  try {
    const publicKey = isNew ? creation(options) : request(options);
    const credential = isNew ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
    return JSON.stringify(answer(credential));
  } catch (error) {
    throw new PasskeyError(words(error));
  }
}

// Has the person use a passkey again. `send` posts a form and returns what requests.js does. Returns whether they did.
export async function confirmWithPasskey(send) {
  const options = await send("/confirm/options", {});
  if (!options.ok) return false;
  try {
    return (await send("/confirm", { credential: await runCeremony(options.body) })).ok;
  } catch (error) {
    if (error instanceof PasskeyError) return false;
    throw error;
  }
}

function words(error) {
  if (error.name === "InvalidStateError") return "this device has a passkey for you already: sign in with it";
  if (error.name === "NotAllowedError") return "no passkey was used: try again, or ask for a link by mail";
  if (error.name === "SecurityError") return "passkeys don’t work at this address";
  return "the browser couldn’t use a passkey";
}

function creation(options) {
  return {
    ...options,
    challenge: octets(options.challenge),
    user: { ...options.user, id: octets(options.user.id) },
    excludeCredentials: descriptors(options.excludeCredentials),
  };
}

function request(options) {
  return { ...options, challenge: octets(options.challenge), allowCredentials: descriptors(options.allowCredentials) };
}

const descriptors = (listed) => (listed ?? []).map((key) => ({ ...key, id: octets(key.id) }));

function answer(credential) {
  const { response } = credential;
  const values = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) values[name] = text(response[name]);
  }
  if (response.getTransports) values.transports = response.getTransports();
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: values };
}

function octets(base64url) {
  const binary = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (sign) => sign.charCodeAt(0));
}

function text(buffer) {
  const binary = Array.from(new Uint8Array(buffer), (octet) => String.fromCharCode(octet)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
