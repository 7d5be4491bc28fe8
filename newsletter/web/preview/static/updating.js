// The page's current update, so that keys and clicks can wait until it is shown.
let showing = Promise.resolve();

// Waits for the current update: the next key or click is meant for the toolbar after it.
export async function shown() {
  await showing.catch(() => {}); // the caller of show() reports it
}

export function updating(promise) {
  showing = promise;
  return promise;
}
