/* The conversation as this page knows it: messages in order, what is still to be sent, owner and language. */

import { Live, backoffDelay } from "./live.js";
import { Outbox } from "./outbox.js";

/**
 * listener: messageAdded(message), messageChanged(message), cleared(), notice(name), ownerChanged(owner),
 * languageChanged(language), historyLoaded(), typing(author or null), connectionChanged(state), unreadChanged(count).
 *
 * A message: {author, text, buttons, at, status, seq?, clientMessageId?}; the same object from the moment the
 * customer sends it until the server has it.
 */
export class Conversation {
  #api;
  #store;
  #listener;
  #live;
  #outbox;
  #token = null;
  #messages = [];
  #lastSeq = 0;
  #owner = null;
  #language = null;
  #isRead = false;
  #isOpening = false;
  #wasLost = false;
  #mayChangeLanguage = false;
  #typingReportedAt = -Infinity;
  #wish = () => null;
  #identity = () => null;

  /** wishes: language() for a new conversation, identity() as the shop signed it. */
  constructor(api, store, listener, wishes, signal) {
    this.#api = api;
    this.#store = store;
    this.#listener = listener;
    this.#wish = wishes.language;
    this.#identity = wishes.identity;
    this.#outbox = new Outbox(api, store, {
      token: () => this.#token,
      changed: (message) => listener.messageChanged(message),
      sent: (message, seq) => this.#confirm(message, { seq }),
      unknownToken: (token) => this.unknownToken(token),
    });
    this.#live = new Live(api, this, signal);
    window.addEventListener("online", () => this.#outbox.flush(), { signal });
    store.watch(() => this.#sessionChangedElsewhere(), signal);
    signal.addEventListener("abort", () => {
      this.#live.stop();
      this.#outbox.stop();
    });
  }

  /** A page load: go on with the conversation there is, start none. */
  resume() {
    const session = this.#store.session();
    if (!session) return;
    this.#mayChangeLanguage = true;
    this.#enter(session);
    for (const kept of this.#store.outbox()) this.#queue(kept);
    this.#outbox.flush();
  }

  /** The panel was opened: now there must be a conversation. */
  async open() {
    this.#isRead = true;
    this.#countUnread();
    if (!this.#token) await this.#establish(null);
  }

  close() {
    this.#isRead = false;
  }

  async startNew() {
    this.#outbox.clear();
    await this.#establish(this.#token);
  }

  /** Another customer than the one whose conversation this is gets a new one; so does whoever signed out. */
  async setUser() {
    const token = this.#token;
    const identity = this.#identity();
    if (!token) {
      if (this.#isRead && identity) await this.#establish(null);
    } else if (identity) {
      await this.#signIn(token, identity);
    } else if (this.#store.session()?.is_signed) {
      await this.#replace(token);
    }
  }

  send(text, buttonId = null) {
    const message = { clientMessageId: newId(), text, buttonId, at: new Date().toISOString() };
    this.#store.keep(message);
    this.#queue(message);
    this.#outbox.flush();
  }

  retry(message) {
    this.#outbox.retry(message);
  }

  /** The customer is typing: told while a person reads along, at most once in three seconds. */
  reportTyping() {
    const now = performance.now();
    const isReadByPerson = this.#owner === "human" || this.#owner === "queue";
    if (!this.#token || !isReadByPerson || now - this.#typingReportedAt < 3_000) return;
    this.#typingReportedAt = now;
    this.#api.reportTyping(this.#token).catch(() => {}); // of no use a moment later
  }

  // --- what Live tells ---

  lastSeq() {
    return this.#lastSeq;
  }

  received(messages) {
    for (const message of messages) this.#receive(message);
    this.#countUnread();
  }

  ownerIs({ owner, language }) {
    const isOtherLanguage = language && language !== this.#language;
    this.#language = language ?? this.#language;
    if (this.#restartInWishedLanguage()) return;
    if (isOtherLanguage) this.#listener.languageChanged(language);
    if (owner && owner !== this.#owner) {
      const isFirst = this.#owner === null;
      this.#owner = owner;
      this.#listener.ownerChanged(owner);
      const isNews = !isFirst || owner === "queue" || owner === "closed";
      if (isNews) this.#listener.notice(`owner-${owner}`);
    }
    this.#listener.historyLoaded();
  }

  typing({ author, typing }) {
    this.#listener.typing(typing ? author : null);
  }

  connection(state) {
    this.#listener.connectionChanged(state);
    if (state === "live" || state === "polling") this.#outbox.flush();
  }

  async unknownToken(token) {
    if (token !== this.#token) return;
    this.#wasLost = true;
    await this.#replace(token);
  }

  // --- session ---

  async #replace(token) {
    if (this.#isRead) await this.#establish(token);
    else this.#leave(token);
  }

  async #signIn(token, identity) {
    try {
      await this.#api.signIn(token, identity);
      this.#store.markSigned(token);
    } catch (error) {
      if (error.isPassing === undefined) throw error;
      if (error.code === "another_person") {
        this.#outbox.clear();
        await this.#replace(token);
      } else if (error.isUnknownToken) {
        await this.unknownToken(token);
      }
    }
  }

  /** Starts a session in place of the one with oldToken, or takes the one that another tab started meanwhile. */
  async #establish(oldToken) {
    if (this.#isOpening) return;
    this.#isOpening = true;
    this.#live.stop();
    this.#listener.connectionChanged("connecting");
    try {
      const session = await this.#store.alone(() => this.#sessionOtherThan(oldToken));
      if (session) this.#enter(session);
      else this.#refuseStranger(oldToken);
    } finally {
      this.#isOpening = false;
    }
    this.#outbox.flush();
  }

  async #sessionOtherThan(oldToken) {
    const stored = this.#store.session();
    if (stored && stored.token !== oldToken) return stored;
    for (let failures = 1; ; failures += 1) {
      try {
        const identity = this.#identity();
        this.#store.saveSession(await this.#api.startSession(this.#wish(), identity), Boolean(identity));
        return this.#store.session();
      } catch (error) {
        if (error.isPassing === undefined) throw error;
        if (error.isAboutIdentity) return null;
        this.#listener.connectionChanged("reconnecting");
        await pauseUntilOnline(backoffDelay(failures, error.retryAfterSeconds));
      }
    }
  }

  #enter({ token }) {
    this.#token = token;
    this.#messages = this.#outbox.waiting();
    this.#lastSeq = 0;
    this.#owner = null;
    this.#listener.cleared();
    if (this.#wasLost) this.#listener.notice("session-lost");
    this.#wasLost = false;
    for (const message of this.#messages) this.#listener.messageAdded(message);
    this.#live.follow(token);
  }

  /** Nobody may chat before the shop has said who it is: the page may do so at any time. */
  #refuseStranger(oldToken) {
    this.#wasLost = false;
    this.#leave(oldToken);
    this.#listener.notice("identity-required");
  }

  #leave(token) {
    this.#live.stop();
    this.#store.forgetSession(token);
    this.#token = null;
    this.#messages = [];
    this.#listener.cleared();
    this.#listener.connectionChanged("idle");
    this.#countUnread();
  }

  #sessionChangedElsewhere() {
    const stored = this.#store.session();
    if (this.#isOpening) return;
    if (stored && stored.token !== this.#token) {
      this.#outbox.forgetDropped();
      this.#enter(stored);
    }
    this.#countUnread();
  }

  /** A conversation that holds nothing but our greeting follows the page's language. */
  #restartInWishedLanguage() {
    const isUntouched = this.#messages.every((message) => message.author !== "customer");
    const isWanted = this.#mayChangeLanguage && isUntouched && this.#wish() && this.#wish() !== this.#language;
    this.#mayChangeLanguage = false;
    if (!isWanted) return false;
    if (this.#isRead) void this.#establish(this.#token);
    else this.#leave(this.#token);
    return true;
  }

  // --- messages ---

  #queue(kept) {
    if (this.#messages.some((message) => message.clientMessageId === kept.clientMessageId)) return;
    const message = { ...kept, author: "customer", buttons: [], status: "sending" };
    this.#messages.push(message);
    this.#outbox.add(message);
    this.#listener.messageAdded(message);
  }

  #receive({ seq, author, text, buttons, at, client_message_id: clientMessageId }) {
    this.#lastSeq = Math.max(this.#lastSeq, seq);
    const known =
      this.#messages.find((message) => message.seq === seq) ??
      this.#messages.find((message) => clientMessageId && message.clientMessageId === clientMessageId);
    if (known) return this.#confirm(known, { seq, text, at });
    const message = { seq, author, text, at, clientMessageId, buttons: buttons ?? [], status: "sent" };
    this.#messages.push(message);
    this.#listener.typing(null);
    this.#listener.messageAdded(message);
  }

  #confirm(message, fromServer) {
    if (message.status === "sent") return;
    Object.assign(message, fromServer, { status: "sent" });
    this.#outbox.remove(message);
    this.#listener.messageChanged(message);
  }

  #countUnread() {
    if (this.#isRead) this.#store.markRead(this.#lastSeq);
    const read = this.#store.session()?.read_seq ?? 0;
    const isUnread = (message) => message.seq > read && (message.author === "bot" || message.author === "agent");
    this.#listener.unreadChanged(this.#isRead ? 0 : this.#messages.filter(isUnread).length);
  }
}

function newId() {
  // randomUUID exists only on https and localhost.
  if (crypto.randomUUID) return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function pauseUntilOnline(milliseconds) {
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
