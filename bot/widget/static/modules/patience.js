/* How long to wait before trying again. */

const BACKOFF_MS = [1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

export function backoffDelay(failures, retryAfterSeconds) {
  if (retryAfterSeconds !== null) return Math.min(retryAfterSeconds, 60) * 1000;
  const base = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length) - 1];
  return base * (0.75 + Math.random() / 2); // spread out: all customers lose the server at the same moment
}

/** Ends sooner when the network is back. */
export function pauseUntilOnline(milliseconds) {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      window.removeEventListener("online", go);
      resolve();
    };
    const timer = setTimeout(go, milliseconds);
    window.addEventListener("online", go);
  });
}
