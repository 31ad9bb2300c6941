/* What the conversation tells, on the screen: messages, who answers, who waits, what is unread. */

const TYPING_MS = 10_000; // an indicator nobody ends is ended here

export class Screen {
  #host;
  #settings;
  #alerts;
  #parts;
  #unread = 0;
  #queue = null;
  #isAgentHere = true;
  #typingTimer;

  /** host: the element, whose data-… attributes say how things stand. parts: panel, log, launcher, composer */
  constructor(host, settings, alerts, parts) {
    this.#host = host;
    this.#settings = settings;
    this.#alerts = alerts;
    this.#parts = parts;
  }

  messageAdded(message) {
    this.#parts.log.add(message);
  }

  messageChanged(message) {
    this.#parts.log.change(message);
  }

  /** Somebody has just answered. */
  arrived() {
    if (this.#host.dataset.state !== "open" || document.hidden) this.#alerts.chime();
  }

  cleared() {
    this.#queue = null;
    delete this.#host.dataset.owner;
    this.#parts.log.clear();
    this.typing(null);
    this.#show();
  }

  /** Nothing that the customer left half done is the next one's. */
  customerLeft() {
    const { composer, panel } = this.#parts;
    composer.draft("");
    composer.uploads.clear();
    panel.views.close();
    this.#host.keepAnswers({});
  }

  historyLoaded() {
    this.#parts.log.historyLoaded();
  }

  notice(name, afterSeq) {
    this.#parts.log.notice(name, afterSeq);
  }

  formNeeded(fields) {
    void this.#parts.panel.views.open("form", fields);
  }

  ownerChanged(owner) {
    this.#host.dataset.owner = owner;
    this.#show();
  }

  queueChanged(queue) {
    this.#queue = queue;
    this.#show();
  }

  agentChanged(isHere) {
    this.#isAgentHere = isHere;
    this.#show();
  }

  officeChanged() {
    this.#show();
  }

  async languageChanged(language) {
    if (await this.#settings.use(language)) this.relabel();
  }

  typing(author) {
    const { panel } = this.#parts;
    clearTimeout(this.#typingTimer);
    panel.showTyping(author);
    if (author) this.#typingTimer = setTimeout(() => panel.showTyping(null), TYPING_MS);
  }

  connectionChanged(state) {
    this.#host.dataset.connection = state;
    this.#show();
  }

  unreadChanged(count) {
    this.#unread = count;
    this.#alerts.showUnread(count);
    this.#show();
  }

  relabel() {
    this.#host.dataset.language = this.#settings.language;
    this.#parts.panel.relabel();
    this.#parts.log.relabel();
    this.#show();
  }

  #show() {
    const { panel, launcher } = this.#parts;
    panel.showSession(Boolean(this.#host.conversation?.token));
    panel.showOwner(this.#host.dataset.owner ?? "bot", this.#isAgentHere);
    panel.showConnection(this.#host.dataset.connection);
    panel.showWaiting(this.#settings.config.office, this.#queue);
    launcher.showUnread(this.#unread);
  }
}
