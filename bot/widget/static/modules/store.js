/* What outlives a page: the session, how far the customer has read, and messages the server has not got yet. */

const SESSION = "twinoffice-chat";
const OUTBOX = "twinoffice-chat-outbox";
const LOCK = "twinoffice-chat-session";

export class Store {
  #memory = new Map(); // used where the browser refuses localStorage: then the chat lasts as long as the page

  /** {session_id, token, read_seq, is_signed} or null; is_signed: the shop said whose it is. */
  session() {
    return this.#read(SESSION);
  }

  saveSession({ session_id, token }, isSigned) {
    this.#write(SESSION, { session_id, token, read_seq: 0, is_signed: isSigned });
  }

  markSigned(token) {
    const session = this.session();
    if (session?.token === token) this.#write(SESSION, { ...session, is_signed: true });
  }

  forgetSession(token) {
    if (this.session()?.token === token) this.#write(SESSION, null);
  }

  markRead(seq) {
    const session = this.session();
    if (session && seq > session.read_seq) this.#write(SESSION, { ...session, read_seq: seq });
  }

  /** Messages waiting to be sent, oldest first: [{clientMessageId, text, buttonId, at}]. */
  outbox() {
    return this.#read(OUTBOX) ?? [];
  }

  keep(message) {
    this.#write(OUTBOX, [...this.outbox().filter((kept) => kept.clientMessageId !== message.clientMessageId), message]);
  }

  drop(clientMessageId) {
    this.#write(
      OUTBOX,
      this.outbox().filter((kept) => kept.clientMessageId !== clientMessageId),
    );
  }

  emptyOutbox() {
    this.#write(OUTBOX, null);
  }

  /** Runs work while no other tab does: two tabs must not start two sessions. */
  async alone(work) {
    return navigator.locks ? navigator.locks.request(LOCK, work) : work();
  }

  /** Calls back when another tab changed the session. */
  watch(callback, signal) {
    window.addEventListener(
      "storage",
      (event) => {
        if (event.key === SESSION || event.key === null) callback();
      },
      { signal },
    );
  }

  #read(key) {
    try {
      return JSON.parse(localStorage.getItem(key) ?? "null") ?? this.#memory.get(key) ?? null;
    } catch {
      return this.#memory.get(key) ?? null;
    }
  }

  #write(key, value) {
    try {
      if (value === null) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify(value));
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, value);
    }
  }
}
