/* The conversation as this page knows it: messages in order, what is still to be sent, owner and language. */

import { subjectOf } from "./identity.js";
import { newId } from "./ids.js";
import { Live } from "./live.js";
import { Messages } from "./messages.js";
import { Outbox } from "./outbox.js";
import { Reports } from "./reports.js";
import { establish, requestOf, signIn } from "./session.js";

/**
 * listener: messageAdded(message), messageChanged(message), cleared(), customerLeft(), notice(name, afterSeq), ownerChanged(owner),
 * queueChanged(queue or null), agentChanged(isHere), languageChanged(language), historyLoaded(), typing(author or null),
 * connectionChanged(state), unreadChanged(count), arrived(message), formNeeded(fields).
 */
export class Conversation {
  #api;
  #store;
  #listener;
  #wishes;
  #live;
  #outbox;
  #reports;
  #session = null;
  #messages;
  #owner = null;
  #language = null;
  #isShown = false;
  #isOpening = false;
  #isLoaded = false;
  #wasLost = false;
  #mayChangeLanguage = false;

  /** wishes: language() of a new conversation, identity() by the shop, forget() it, answers() of the form, asks() it. */
  constructor(api, store, listener, wishes, signal) {
    this.#api = api;
    this.#store = store;
    this.#listener = listener;
    this.#wishes = wishes;
    this.#reports = new Reports(api);
    this.#outbox = new Outbox(api, store, {
      session: () => this.#session,
      changed: (message) => listener.messageChanged(message),
      sent: (message, seq) => this.#messages.confirm(message, { seq }),
      unknownToken: (token) => this.unknownToken(token),
    });
    this.#messages = new Messages(this.#outbox, listener);
    this.#live = new Live(api, this, signal);
    window.addEventListener("online", () => this.#outbox.flush(), { signal });
    document.addEventListener("visibilitychange", () => this.#countUnread(), { signal });
    store.watch(() => this.#changedElsewhere(), signal);
    signal.addEventListener("abort", () => {
      this.#live.stop();
      this.#outbox.stop();
    });
  }

  get token() {
    return this.#session?.token ?? null;
  }

  get id() {
    return this.#session?.session_id ?? null;
  }

  get hasCustomerWritten() {
    return this.#messages.hasCustomerWritten;
  }

  /** A page load: go on with the conversation there is, start none. */
  resume() {
    const session = this.#store.session();
    if (!session) return;
    this.#mayChangeLanguage = true;
    this.#enter(session);
  }

  /** The panel was opened: now there must be a conversation. */
  async open() {
    this.#isShown = true;
    this.#countUnread();
    if (this.#session || this.#isOpening) return;
    if (this.#wishes.asks() && !this.#wishes.identity()) this.#listener.formNeeded({});
    else await this.#establish(null);
  }

  close() {
    this.#isShown = false;
  }

  /** Another conversation of the same customer; also what the form before the first one leads to. */
  async startNew() {
    await this.#establish(this.token);
  }

  /** Goes on with an earlier conversation of the same customer; throws ApiError. */
  async switchTo(id) {
    if (id === this.id) return;
    const session = await this.#api.post(`conversations/${encodeURIComponent(id)}/token`, {}, this.token);
    this.#store.saveSession(session, this.#store.session()?.signed_as);
    this.#enter(this.#store.session());
  }

  /** Another customer than the one whose conversation this is gets a new one; so does whoever signed out. */
  async setUser() {
    const identity = this.#wishes.identity();
    if (!this.#session) {
      if (this.#isShown && identity) await this.#establish(null);
    } else if (identity) {
      await this.#signIn(identity);
    } else {
      await this.#endIfSignedOut();
    }
  }

  async setLanguage(language) {
    if (this.#session) await this.#api.post("language", { language }, this.token);
  }

  /** Nothing of this customer stays in the browser. */
  reset() {
    this.#forgetCustomer();
    this.#leave();
  }

  send(text, { buttonId = null, attachments = [] } = {}) {
    const at = new Date().toISOString();
    const message = { clientMessageId: newId(), sessionId: this.id, text, buttonId, attachments, at };
    this.#store.keep(message);
    this.#messages.queue(message);
    if (this.#session) this.#outbox.flush();
    else void this.open();
  }

  retry(message) {
    this.#outbox.retry(message);
  }

  /** The customer is typing: told while a person reads along. */
  reportTyping() {
    const isReadByPerson = this.#owner === "human" || this.#owner === "queue";
    if (this.#session && isReadByPerson) this.#reports.typing(this.token);
  }

  // --- what Live tells ---

  lastSeq = () => this.#messages.lastSeq;

  received(messages) {
    for (const each of messages) {
      const message = this.#messages.receive(each);
      if (!message) continue;
      this.#listener.typing(null);
      if (this.#isLoaded && message.author !== "customer") this.#listener.arrived(message);
    }
    this.#countUnread();
  }

  readUpTo(seq) {
    this.#messages.readUpTo(seq);
  }

  ownerIs({ owner, language, queue, is_agent_here: isAgentHere }) {
    const isOtherLanguage = language && language !== this.#language;
    this.#language = language ?? this.#language;
    if (this.#restartInWishedLanguage()) return;
    if (isOtherLanguage) this.#listener.languageChanged(language);
    if (owner && owner !== this.#owner) {
      const isFirst = this.#owner === null;
      this.#owner = owner;
      this.#listener.ownerChanged(owner);
      const isNews = !isFirst || owner === "queue" || owner === "closed";
      if (isNews) this.#listener.notice(`owner-${owner}`, this.#messages.lastSeq);
    }
    this.#listener.queueChanged(queue ?? null);
    this.#listener.agentChanged(isAgentHere !== false);
    this.#isLoaded = true;
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
    await this.#store.alone(() => {}); // a tab that signs in gets another token for the same conversation
    if (this.#store.session()?.session_id === this.id) this.#followStored();
    if (token !== this.token) return;
    if (!this.#leaveWithCustomer()) {
      this.#wasLost = true;
      this.#store.moveOutbox(this.id, null);
    }
    await this.#replace();
  }

  /** The present conversation is over for this customer, and no other is theirs. */
  async #replace() {
    const { token } = this;
    this.#leave();
    if (this.#isShown) await this.#establish(token);
  }

  /** Its customer has left this browser. */
  async #end() {
    this.#forgetCustomer();
    await this.#replace();
  }

  #forgetCustomer() {
    this.#reports.signOut(this.token);
    this.#outbox.clear();
    this.#listener.customerLeft();
  }

  /** The page may say so while a session or an identity is on its way. */
  async #endIfSignedOut() {
    if (this.#session?.signed_as && this.#wishes.identity() === null) await this.#end();
  }

  async #signIn(identity) {
    const obstacle = await signIn(this.#api, this.#store, identity);
    this.#followStored();
    if (obstacle === "unknown_session") await this.unknownToken(this.token);
    if (obstacle === "another_person") await this.#end();
    await this.#endIfSignedOut();
  }

  /** Starts a session in place of the one with oldToken, or takes the one that another tab started meanwhile. */
  async #establish(oldToken) {
    if (this.#isOpening) return;
    this.#isOpening = true;
    this.#live.stop();
    this.#listener.connectionChanged("connecting");
    const earlier = this.#session;
    let token = earlier?.token;
    const troubled = (error) => {
      if (error.isUnknownToken) token = undefined;
      this.#listener.connectionChanged("reconnecting");
    };
    try {
      const request = () => ({ body: requestOf(this.#wishes), token });
      this.#enter(await establish(this.#api, this.#store, oldToken, request, troubled));
    } catch (error) {
      this.#refused(error, earlier);
    } finally {
      this.#isOpening = false;
    }
    await this.#endIfSignedOut();
    this.#outbox.flush();
  }

  #refused(error, earlier) {
    if (error.isPassing === undefined) throw error;
    this.#wasLost = false;
    if (error.isAboutIdentity) {
      // Nobody may chat before the shop has said who it is: the page may do so at any time.
      if (earlier) this.#enter(earlier);
      else this.#leave();
      this.#listener.notice("identity-required", 0);
    } else {
      if (earlier) this.#enter(earlier);
      else this.#listener.connectionChanged("idle");
      this.#listener.formNeeded(error.fields);
    }
  }

  #enter(session) {
    const isSame = session.session_id === this.id;
    this.#store.moveOutbox(null, session.session_id);
    this.#session = session;
    if (!isSame) this.#begin(session);
    this.#live.follow(session.token);
    this.#outbox.flush();
  }

  #begin(session) {
    this.#messages.clear();
    this.#reports.restart();
    this.#owner = null;
    this.#isLoaded = false;
    this.#listener.cleared();
    if (this.#wasLost) this.#listener.notice("session-lost", 0);
    this.#wasLost = false;
    for (const kept of this.#store.outbox()) if (kept.sessionId === session.session_id) this.#messages.queue(kept);
  }

  #leave() {
    this.#live.stop();
    this.#store.forgetSession(this.token);
    this.#session = null;
    this.#messages.clear();
    this.#listener.cleared();
    this.#listener.connectionChanged("idle");
    this.#countUnread();
  }

  #changedElsewhere() {
    this.#leaveWithCustomer();
    this.#followStored();
  }

  /** Whether the customer left in another tab. What this page said of who is there is older than what is stored. */
  #leaveWithCustomer() {
    const customer = this.#session?.signed_as ?? null;
    if (customer === (this.#store.session()?.signed_as ?? null)) return false;
    if (customer === subjectOf(this.#wishes.identity())) this.#wishes.forget();
    if (customer) this.#listener.customerLeft();
    return Boolean(customer);
  }

  /** The session may be another since we looked: begun in another tab, or the same with another token. */
  #followStored() {
    const stored = this.#store.session();
    if (this.#isOpening) return;
    if (stored && stored.token !== this.token) this.#enter(stored);
    this.#countUnread();
  }

  /** A conversation that holds nothing but our greeting follows the page's language. */
  #restartInWishedLanguage() {
    const wish = this.#wishes.language();
    const isWanted = this.#mayChangeLanguage && !this.hasCustomerWritten && wish && wish !== this.#language;
    this.#mayChangeLanguage = false;
    if (isWanted) void this.#replace();
    return isWanted;
  }

  #countUnread() {
    const isBeingRead = this.#isShown && !document.hidden;
    const { lastSeq } = this.#messages;
    if (isBeingRead) this.#store.markRead(lastSeq);
    if (isBeingRead && this.#session) this.#reports.read(lastSeq, this.token);
    const readSeq = this.#store.session()?.read_seq ?? 0;
    this.#listener.unreadChanged(isBeingRead ? 0 : this.#messages.unreadAfter(readSeq));
  }
}
