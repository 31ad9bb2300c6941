/* What outlives a page: the session, messages the server has not got yet, and what the customer chose. */

const PREFIX = "twinoffice-chat";
const SESSION = PREFIX;
const OUTBOX = `${PREFIX}-outbox`;
const LOCK = `${PREFIX}-session`;

export class Store {
  #area;
  #memory = new Map(); // used where the browser refuses to keep anything: then the chat lasts as long as the page

  /** area: localStorage, or sessionStorage for a window that has its conversation from another host's page. */
  constructor(area = () => localStorage) {
    this.#area = area;
  }

  /** {session_id, token, read_seq, signed_as} or null; signed_as: whose it is, as the shop calls them, or null. */
  session() {
    return this.#read(SESSION);
  }

  saveSession({ session_id, token, read_seq = 0 }, signedAs) {
    this.#write(SESSION, { session_id, token, read_seq, signed_as: signedAs ?? null });
  }

  forgetSession(token) {
    if (this.session()?.token === token) this.#write(SESSION, null);
  }

  markRead(seq) {
    const session = this.session();
    if (session && seq > session.read_seq) this.#write(SESSION, { ...session, read_seq: seq });
  }

  /** Messages to be sent, oldest first: [{clientMessageId, sessionId, text, buttonId, attachments, at}]. */
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

  /** What was written before there was a conversation, or in one that was lost, goes into this one. */
  moveOutbox(from, to) {
    const isLeft = (message) => !message.sessionId || message.sessionId === from;
    const moved = this.outbox().map((message) => (isLeft(message) ? { ...message, sessionId: to } : message));
    if (moved.length) this.#write(OUTBOX, moved);
  }

  emptyOutbox() {
    this.#write(OUTBOX, null);
  }

  /** What the customer chose or saw: language, sound, proactive messages. */
  choice(name) {
    return this.#read(`${PREFIX}-${name}`);
  }

  choose(name, value) {
    this.#write(`${PREFIX}-${name}`, value);
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
      return JSON.parse(this.#area().getItem(key) ?? "null") ?? this.#memory.get(key) ?? null;
    } catch {
      return this.#memory.get(key) ?? null;
    }
  }

  #write(key, value) {
    try {
      if (value === null) this.#area().removeItem(key);
      else this.#area().setItem(key, JSON.stringify(value));
      this.#memory.delete(key);
    } catch {
      this.#memory.set(key, value);
    }
  }
}

const HANDED = "#session=";

/**
 * The store of this page; a window that got its conversation in its address keeps it for itself. isHanded: our server
 * knows the site that opened the window; an address that somebody mailed would put the visitor into the mailer's chat.
 */
export function openStore(isWindow, isHanded) {
  const own = new Store(() => sessionStorage);
  if (isWindow && location.hash.startsWith(HANDED)) {
    try {
      const session = JSON.parse(decodeURIComponent(location.hash.slice(HANDED.length)));
      if (isHanded) own.saveSession(session, session.signed_as);
    } catch {
      // A broken address hands nothing over.
    }
    history.replaceState(null, "", location.pathname + location.search); // a token does not belong into the history
  }
  return isWindow && own.session() ? own : new Store();
}

/** Where a window with the same conversation opens; on our own host it finds it without being told. */
export function popOutAddress(base, language, store) {
  const address = new URL(`chat?lang=${language}`, base);
  const session = store.session();
  if (session && base.origin !== location.origin)
    address.hash = HANDED.slice(1) + encodeURIComponent(JSON.stringify(session));
  return address.href;
}
