/* <twinoffice-chat>: joins the conversation with what is on the screen. */

import { Alerts } from "./alerts.js";
import { Api } from "./api.js";
import { makeView } from "./catalogue.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { embedIn } from "./embed.js";
import { drawPreview, saveAttachment } from "./files.js";
import { Launcher } from "./launcher.js";
import { Log } from "./log.js";
import { followOffice } from "./office.js";
import { Panel } from "./panel.js";
import { schedule } from "./proactive.js";
import { Screen } from "./screen.js";
import { Settings } from "./settings.js";
import { openStore, popOutAddress } from "./store.js";
import { followAppearance, themeSheet } from "./theme.js";

const BASE = new URL("../../", import.meta.url);
const ASSET_RETRY_MS = 5_000;
const KINDS = ["bubble", "inline", "page"];

class TwinofficeChat extends HTMLElement {
  #life = null;
  #api = new Api(BASE);
  #settings = new Settings(this.#api);
  #store;
  #alerts;
  #conversation = null;
  #panel = null;
  #launcher = null;
  #screen = null;
  #lookAtOffice;
  #waiting = []; // calls that came before everything was here
  #identity;
  #attributes = {};
  #answers = {};

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

  // --- what pages call ---

  /** Opens the panel; a draft is put into the composer; focus returns to returnFocus afterwards. */
  open(draft = "", returnFocus = undefined) {
    this.#whenReady(() => this.#panel.open(draft, returnFocus));
  }

  close() {
    this.#whenReady(() => this.#panel.close());
  }

  toggle() {
    this.#whenReady(() => (this.dataset.state === "open" ? this.#panel.close() : this.#panel.open()));
  }

  /** The language of the chat from now on, as if the customer had chosen it. */
  setLocale(locale) {
    this.#whenReady(() => {
      const language = this.#settings.supported([locale]);
      if (language) void this.chooseLanguage(language);
    });
  }

  /** Says who the customer is, as the shop signed it; null when nobody is signed in any more. */
  setUser(identity) {
    this.#identity = identity;
    void this.#conversation?.setUser();
  }

  /** Answers to the form before the chat, by the names of its fields: what the page knows is not asked for. */
  setAttributes(attributes) {
    Object.assign(this.#attributes, attributes);
  }

  /** As for a visitor who comes for the first time: for shared computers, when somebody signs out. */
  reset() {
    this.#identity = null;
    this.#attributes = {};
    this.#whenReady(() => {
      this.#panel.close();
      this.#store.choose("language", null);
      this.#conversation.reset();
    });
  }

  // --- what views call ---

  get settings() {
    return this.#settings;
  }

  get api() {
    return this.#api;
  }

  get alerts() {
    return this.#alerts;
  }

  get conversation() {
    return this.#conversation;
  }

  get views() {
    return this.#panel.views;
  }

  /** Answers to the form before the chat, as far as they are known. */
  get answersKnown() {
    return { ...this.#attributes, ...this.#answers };
  }

  async chooseLanguage(language) {
    this.#store.choose("language", language);
    await this.#screen.languageChanged(language);
    await this.#conversation.setLanguage(language);
  }

  /** What stands in the form before the chat, also while it is not sent. */
  keepAnswers(answers) {
    this.#answers = answers;
  }

  /** The form before the chat was filled in. */
  async begin(answers) {
    this.keepAnswers(answers);
    this.#panel.views.close();
    await this.#conversation.startNew();
  }

  // --- start ---

  #whenReady(work) {
    if ("ready" in this.dataset) work();
    else this.#waiting.push(work);
  }

  async #start(signal) {
    const kind = KINDS.includes(this.getAttribute("mode")) ? this.getAttribute("mode") : "bubble";
    this.#store = openStore(kind === "page", this.hasAttribute("handed"));
    this.#alerts = new Alerts(this.#store);
    const sheet = await this.#loadAssets(signal);
    if (signal.aborted) return;
    this.#build(kind, signal);
    const { theme = {}, proactive = [] } = this.#settings.config;
    const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [sheet, themeSheet(theme)];
    root.replaceChildren(this.#panel.node);
    this.#panel.node.dir = this.closest("[dir]")?.dir === "rtl" ? "rtl" : "ltr";
    this.#panel.node.dataset.position = theme.position ?? "end";
    followAppearance(this.#panel.node, this.getAttribute("appearance") ?? theme.appearance ?? "auto", signal);
    this.#screen.relabel();
    this.#lookAtOffice = followOffice(this.#settings, () => this.#screen.officeChanged(), signal);
    this.dataset.ready = "";
    this.#conversation.resume();
    if (this.#identity !== undefined) void this.#conversation.setUser();
    for (const work of this.#waiting.splice(0)) work();
    if (kind === "bubble") schedule(proactive, this.#store, (message) => this.#tease(message), signal);
    else this.#openInPlace(kind);
    this.dispatchEvent(new CustomEvent("twinoffice:ready", { bubbles: true }));
  }

  /** A bubble without texts or style helps nobody: the element shows nothing until both are here. */
  async #loadAssets(signal) {
    while (!signal.aborted) {
      try {
        const [sheet] = await Promise.all([loadSheet(), this.#settings.load(this.#wishes())]);
        return sheet;
      } catch (error) {
        if (!(error instanceof TypeError) && error.isPassing === undefined) throw error;
        await new Promise((resolve) => {
          setTimeout(resolve, ASSET_RETRY_MS);
        });
      }
    }
    return null;
  }

  #build(kind, signal) {
    const settings = this.#settings;
    const startNew = () => void this.#conversation.startNew();
    const log = new Log(settings, {
      retry: (message) => this.#conversation.retry(message),
      choose: (reply) => {
        this.#conversation.send(reply.title, { buttonId: reply.id });
        this.#panel.focusAfterReply();
      },
      open: (attachment) => void saveAttachment(this, attachment),
      preview: (attachment, place) => drawPreview(this, attachment, place),
      rate: () => void this.views.open("rating"),
      startNew,
    });
    const composer = new Composer(settings, {
      send: (text, attachments) => this.#conversation.send(text, { attachments }),
      typing: () => this.#conversation.reportTyping(),
      upload: (file, progressed, stopped) => this.#api.upload(file, this.#conversation.token, progressed, stopped),
    });
    this.#launcher = new Launcher(settings, () => this.#panel.open());
    const actions = {
      opened: () => this.#opened(),
      closed: () => this.#closed(),
      view: (name, ...values) => makeView(this, name, ...values),
      popOut: () => this.#popOut(),
    };
    const parts = { log, composer, launcher: this.#launcher };
    this.#panel = new Panel(kind, settings, parts, actions, signal);
    this.#panel.heading = this.getAttribute("heading");
    this.#identity ??= this.getAttribute("identity") ?? undefined;
    const wishes = {
      language: () => this.#settings.supported(this.#wishes()),
      identity: () => this.#identity,
      forget: () => {
        this.#identity = undefined;
      },
      answers: () => ({ ...this.#known(), ...this.#answers }),
      asks: () => (settings.config.pre_chat ?? []).some(({ name }) => !(name in this.#known())),
    };
    this.#screen = new Screen(this, settings, this.#alerts, { ...parts, panel: this.#panel });
    this.#conversation = new Conversation(this.#api, this.#store, this.#screen, wishes, signal);
  }

  /** What the page said of the visitor, as far as the form before the chat asks for it. */
  #known() {
    const asked = (this.#settings.config.pre_chat ?? []).map(({ name }) => name);
    return Object.fromEntries(Object.entries(this.#attributes).filter(([name]) => asked.includes(name)));
  }

  /** A window is there to chat; in a page many only pass by, and a conversation begins with the first touch. */
  #openInPlace(kind) {
    const begin = () => void (this.dataset.state === "open" || this.#opened());
    if (kind === "page" || this.#conversation.token) begin();
    else for (const touch of ["focusin", "pointerdown"]) this.shadowRoot.addEventListener(touch, begin, { once: true });
  }

  #opened() {
    this.dataset.state = "open";
    void this.#lookAtOffice();
    void this.#conversation.open();
  }

  #closed() {
    this.dataset.state = "closed";
    this.#conversation.close();
  }

  #popOut() {
    open(popOutAddress(BASE, this.#settings.language, this.#store), "_blank", "popup,noopener,width=420,height=720");
    this.#panel.close();
  }

  #tease(message) {
    if (this.dataset.state === "open" || this.#conversation.hasCustomerWritten) return false;
    this.#launcher.tease(message.text, (isTakenUp) => {
      if (isTakenUp) this.#panel.open();
      else this.#launcher.button.focus();
    });
    return true;
  }

  #wishes() {
    const { documentElement } = document;
    return [
      this.#store.choice("language"),
      this.getAttribute("language"),
      documentElement.lang,
      ...navigator.languages,
    ];
  }
}

async function loadSheet() {
  const response = await fetch(new URL("./chat.css", import.meta.url), { credentials: "omit" });
  if (!response.ok) throw new TypeError(`${response.url} answered ${response.status}`);
  return new CSSStyleSheet().replace(await response.text());
}

if (!customElements.get("twinoffice-chat")) customElements.define("twinoffice-chat", TwinofficeChat);

export const embed = embedIn;
