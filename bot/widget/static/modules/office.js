/* Office hours of a page that stays open: looked at again when the office opens or closes, and when asked to. */

const SOONEST_MS = 30_000; // the visitor's clock may be wrong, and everybody waits for the same moment
const LATEST_MS = 86_400_000; // longer than any timer of a browser would be at once

/** Calls changed whenever it has looked; gives what looks now. */
export function followOffice(settings, changed, signal) {
  let timer;
  const plan = () => {
    const { closes_at: closesAt, back_at: backAt } = settings.config.office ?? {};
    const at = Date.parse(closesAt ?? backAt);
    if (!at || signal.aborted) return;
    const wait = Math.max(at - Date.now(), SOONEST_MS) + Math.random() * SOONEST_MS;
    timer = setTimeout(look, Math.min(wait, LATEST_MS));
  };
  const look = async () => {
    clearTimeout(timer);
    try {
      await settings.refresh();
      changed();
    } catch (error) {
      if (error.isPassing === undefined) throw error;
    }
    clearTimeout(timer);
    plan();
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  plan();
  return look;
}
