/* Messages that the bubble says unasked: after some seconds on a page, and no oftener than the company allows. */

const DAY_MS = 86_400_000;
const SEEN = "proactive";

/** messages: [{name, seconds, text, times, days}] of this page; show(message) says whether it was shown. */
export function schedule(messages, store, show, signal) {
  const timers = messages
    .filter((message) => isAllowed(message, store))
    .map((message) =>
      setTimeout(() => {
        if (isAllowed(message, store) && show(message)) remember(message, store);
      }, message.seconds * 1000),
    );
  signal.addEventListener("abort", () => timers.forEach(clearTimeout));
}

function shownWithin({ name, days }, store) {
  const since = Date.now() - days * DAY_MS;
  return (store.choice(SEEN)?.[name] ?? []).filter((at) => at > since);
}

function isAllowed(message, store) {
  return shownWithin(message, store).length < message.times;
}

function remember(message, store) {
  const seen = { ...store.choice(SEEN), [message.name]: [...shownWithin(message, store), Date.now()] };
  store.choose(SEEN, seen);
}
