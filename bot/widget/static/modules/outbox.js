/* The customer's messages on their way: one at a time, in order, each kept until the server has it. */

import { backoffDelay } from "./patience.js";

export class Outbox {
  #api;
  #store;
  #owner;
  #waiting = [];
  #isSending = false;
  #failures = 0;
  #retryTimer;

  /** owner: session() {session_id, token} or null, changed(message), sent(message, seq), unknownToken(token) */
  constructor(api, store, owner) {
    this.#api = api;
    this.#store = store;
    this.#owner = owner;
  }

  add(message) {
    this.#waiting.push(message);
  }

  remove(message) {
    this.#waiting = this.#waiting.filter((waiting) => waiting !== message);
    this.#store.drop(message.clientMessageId);
  }

  /** Another conversation is shown: what waits for this one stays kept until its own is. */
  leave() {
    this.#waiting = [];
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

  get #token() {
    return this.#owner.session()?.token ?? null;
  }

  /** Sends what waits, oldest first; a message that cannot go yet holds back those behind it. */
  async flush() {
    clearTimeout(this.#retryTimer);
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      while (this.#waiting.length && this.#token) {
        if (!(await this.#sendFirst())) break;
      }
    } finally {
      this.#isSending = false;
    }
  }

  async #sendFirst() {
    const [message] = this.#waiting;
    const token = this.#token;
    this.#setStatus(message, "sending");
    try {
      const { seq } = await this.#api.post("messages", bodyOf(message), token);
      this.#failures = 0;
      if (this.#token === token) this.#owner.sent(message, seq);
      return true;
    } catch (error) {
      return this.#sendFailed(message, token, error);
    }
  }

  #sendFailed(message, token, error) {
    // The event stream may have brought the message back while its own answer was lost.
    if (message.status === "sent" || token !== this.#token) return true;
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

function bodyOf({ text, clientMessageId, buttonId, attachments }) {
  return {
    text,
    client_message_id: clientMessageId,
    ...(buttonId && { button_id: buttonId }),
    ...(attachments?.length && { attachments: attachments.map(({ id }) => id) }),
  };
}
