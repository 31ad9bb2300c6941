/* <twinoffice-chat>: joins the conversation with what is on the screen. */

import { Api } from "./api.js";
import { Conversation } from "./conversation.js";
import { Log } from "./log.js";
import { Panel } from "./panel.js";
import { Store } from "./store.js";
import { Texts } from "./texts.js";

const BASE = new URL("../../", import.meta.url);
const TYPING_MS = 10_000; // an indicator nobody ends is ended here
const ASSET_RETRY_MS = 5_000;

class TwinofficeChat extends HTMLElement {
  #life = null;
  #texts = new Texts(BASE);
  #conversation = null;
  #panel = null;
  #log = null;
  #unread = 0;
  #lastSeq = 0;
  #typingTimer;
  #openWhenReady = null;
  #identity;

  connectedCallback() {
    if (this.#life) return;
    this.#life = new AbortController();
    this.dataset.state = "closed";
    this.dataset.connection = "idle";
    void this.#start(this.#life.signal);
  }

  disconnectedCallback() {
    this.#life?.abort();
    this.#life = null;
    delete this.dataset.ready;
  }

  /** Opens the panel; a draft is put into the composer; focus returns to returnFocus afterwards. */
  open(draft = "", returnFocus = undefined) {
    if (this.#panel) this.#panel.open(draft, returnFocus);
    else this.#openWhenReady = [draft, returnFocus];
  }

  close() {
    this.#panel?.close();
  }

  /** Says who the customer is, as the shop signed it; null when nobody is signed in any more. */
  setUser(identity) {
    this.#identity = identity;
    void this.#conversation?.setUser();
  }

  async #start(signal) {
    const sheet = await this.#loadAssets(signal);
    if (signal.aborted) return;
    this.#build(signal);
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet];
    root.replaceChildren(this.#panel.node);
    this.#relabel();
    this.dataset.ready = "";
    this.#conversation.resume();
    if (this.#identity !== undefined) void this.#conversation.setUser();
    if (this.#openWhenReady) this.open(...this.#openWhenReady);
  }

  /** A bubble without texts or style helps nobody: the element shows nothing until both are here. */
  async #loadAssets(signal) {
    while (!signal.aborted) {
      try {
        const [sheet] = await Promise.all([loadSheet(), this.#texts.loadFirst(this.#wishes())]);
        return sheet;
      } catch (error) {
        if (!(error instanceof TypeError)) throw error;
        await new Promise((resolve) => {
          setTimeout(resolve, ASSET_RETRY_MS);
        });
      }
    }
    return null;
  }

  #build(signal) {
    const startNew = () => void this.#conversation.startNew();
    this.#log = new Log(this.#texts, {
      retry: (message) => this.#conversation.retry(message),
      choose: (button) => {
        this.#conversation.send(button.title, button.id);
        this.#panel.focusAfterReply();
      },
      startNew,
    });
    this.#panel = new Panel(
      this.#texts,
      this.#log,
      {
        opened: () => this.#opened(),
        closed: () => this.#closed(),
        send: (text) => this.#conversation.send(text),
        typing: () => this.#conversation.reportTyping(),
        startNew,
      },
      signal,
    );
    this.#panel.heading = this.getAttribute("heading");
    this.#identity ??= this.getAttribute("identity") ?? undefined;
    const wishes = { language: () => this.#wish(), identity: () => this.#identity };
    this.#conversation = new Conversation(new Api(BASE), new Store(), this, wishes, signal);
  }

  #opened() {
    this.dataset.state = "open";
    void this.#conversation.open();
  }

  #closed() {
    this.dataset.state = "closed";
    this.#conversation.close();
  }

  // --- what the conversation tells ---

  messageAdded(message) {
    this.#lastSeq = Math.max(this.#lastSeq, message.seq ?? 0);
    this.#log.add(message);
  }

  messageChanged(message) {
    this.#lastSeq = Math.max(this.#lastSeq, message.seq ?? 0);
    this.#log.change(message);
  }

  cleared() {
    this.#lastSeq = 0;
    delete this.dataset.owner;
    this.#log.clear();
    this.typing(null);
    this.#showState();
  }

  historyLoaded() {
    this.#log.historyLoaded();
  }

  notice(name) {
    this.#log.notice(name, this.#lastSeq);
  }

  ownerChanged(owner) {
    this.dataset.owner = owner;
    this.#showState();
  }

  async languageChanged(language) {
    if (await this.#texts.use(language)) this.#relabel();
  }

  typing(author) {
    clearTimeout(this.#typingTimer);
    this.#panel.showTyping(author);
    if (author) this.#typingTimer = setTimeout(() => this.#panel.showTyping(null), TYPING_MS);
  }

  connectionChanged(state) {
    this.dataset.connection = state;
    this.#showState();
  }

  unreadChanged(count) {
    this.#unread = count;
    this.#showState();
  }

  // --- texts ---

  #wishes() {
    return [this.getAttribute("language"), document.documentElement.lang, ...navigator.languages];
  }

  #wish() {
    return this.#texts.supported(this.#wishes());
  }

  #relabel() {
    this.dataset.language = this.#texts.language;
    this.#panel.relabel();
    this.#log.relabel();
    this.#showState();
  }

  #showState() {
    this.#panel.showOwner(this.dataset.owner ?? "bot");
    this.#panel.showConnection(this.dataset.connection);
    this.#panel.showUnread(this.#unread);
  }
}

async function loadSheet() {
  const response = await fetch(new URL("../chat.css", import.meta.url), { credentials: "omit" });
  if (!response.ok) throw new TypeError(`${response.url} answered ${response.status}`);
  return new CSSStyleSheet().replace(await response.text());
}

if (!customElements.get("twinoffice-chat")) customElements.define("twinoffice-chat", TwinofficeChat);
