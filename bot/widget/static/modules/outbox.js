/* The customer's messages on their way: one at a time, in order, each kept until the server has it. */

import { backoffDelay } from "./live.js";

export class Outbox {
  #api;
  #store;
  #owner;
  #waiting = [];
  #isSending = false;
  #failures = 0;
  #retryTimer;

  /** owner: token(), changed(message), sent(message, seq), unknownToken(token) */
  constructor(api, store, owner) {
    this.#api = api;
    this.#store = store;
    this.#owner = owner;
  }

  waiting() {
    return [...this.#waiting];
  }

  add(message) {
    this.#waiting.push(message);
  }

  remove(message) {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== message);
    this.#store.drop(message.clientMessageId);
  }

  /** Another tab began a new conversation: what it threw away is not sent from here either. */
  forgetDropped() {
    const kept = new Set(this.#store.outbox().map((message) => message.clientMessageId));
    this.#waiting = this.#waiting.filter((message) => kept.has(message.clientMessageId));
  }

  clear() {
    this.#waiting = [];
    this.#store.emptyOutbox();
  }

  stop() {
    clearTimeout(this.#retryTimer);
  }

  retry(message) {
    if (!this.#waiting.includes(message)) this.add(message);
    this.#setStatus(message, "sending");
    this.flush();
  }

  /** Sends what waits, oldest first; a message that cannot go yet holds back those behind it. */
  async flush() {
    clearTimeout(this.#retryTimer);
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#waiting.length && this.#owner.token()) {
        if (!(await this.#sendFirst())) break;
      }
    } finally {
      this.#isSending = false;
    }
  }

  async #sendFirst() {
    const [message] = this.#waiting;
    const token = this.#owner.token();
    this.#setStatus(message, "sending");
    try {
      const { seq } = await this.#api.send(token, message);
      this.#failures = 0;
      if (this.#owner.token() === token) this.#owner.sent(message, seq);
      return true;
    } catch (error) {
      return this.#sendFailed(message, token, error);
    }
  }

  #sendFailed(message, token, error) {
    // The event stream may have brought the message back while its own answer was lost.
    if (message.status === "sent" || token !== this.#owner.token()) return true;
    if (error.isUnknownToken) {
      void this.#owner.unknownToken(token);
      return false;
    }
    if (error.isPassing === undefined) throw error;
    if (!error.isPassing) {
      this.remove(message);
      this.#setStatus(message, "refused", error.code);
      return true;
    }
    this.#failures += 1;
    for (const waiting of this.#waiting)
      this.#setStatus(waiting, "failed", error.status === 429 ? "rate_limited" : null);
    this.#retryTimer = setTimeout(() => this.flush(), backoffDelay(this.#failures, error.retryAfterSeconds));
    return false;
  }

  #setStatus(message, status, reason = null) {
    if (message.status === status && message.reason === reason) return;
    Object.assign(message, { status, reason });
    this.#owner.changed(message);
  }
}
