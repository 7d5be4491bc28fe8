// The page's current update, so that keys and clicks can wait until it is shown.
let currentUpdate = Promise.resolve();

// Waits for the current update: the next key or click is meant for the toolbar after it.
export async function updateShown() {
  await currentUpdate.catch(() => {}); // a failed update must not block keys and clicks
}

export function trackUpdate(promise) {
  currentUpdate = promise;
  return promise;
}
