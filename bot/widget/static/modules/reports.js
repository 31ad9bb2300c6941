/* What the customer's side tells by the way, and does not wait for: typing, how far was read, that they are gone. */

const TYPING_PAUSE_MS = 3_000;

export class Reports {
  #api;
  #typingAt = -Infinity;
  #readSeq = 0;

  constructor(api) {
    this.#api = api;
  }

  /** Another conversation is shown. */
  restart() {
    this.#readSeq = 0;
  }

  typing(token) {
    const now = performance.now();
    if (now - this.#typingAt < TYPING_PAUSE_MS) return;
    this.#typingAt = now;
    this.#post("typing", undefined, token);
  }

  read(seq, token) {
    if (seq <= this.#readSeq) return;
    this.#readSeq = seq;
    this.#post("read", { seq }, token);
  }

  /** Nobody who copied the token from this browser gets back with it; told even when the page is left at once. */
  signOut(token) {
    if (token) this.#post("sign-out", undefined, token, { keepalive: true });
  }

  #post(path, body, token, options) {
    this.#api.post(path, body, token, options).catch(() => {});
  }
}
