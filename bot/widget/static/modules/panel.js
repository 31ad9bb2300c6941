/* The frame around everything: dialog beside the bubble, part of a page, or a window; header, strips, focus, keys. */

import { button, el, icon, label, tell } from "./dom.js";
import { Views } from "./views.js";

const SMALL = "(max-width: 479px), (max-height: 479px)";

export class Panel {
  #settings;
  #parts;
  #actions;
  #returnFocus = null;
  #small = matchMedia(SMALL);
  #isBubble;
  heading = null;

  /** kind: bubble, inline or page. parts: log, composer, launcher. actions: opened(), closed(), view(…), popOut() */
  constructor(kind, settings, parts, actions, signal) {
    this.#settings = settings;
    this.#parts = parts;
    this.#actions = actions;
    this.#isBubble = kind === "bubble";
    this.views = new Views(settings, { make: actions.view, shown: (isAny) => this.#viewShown(isAny) });
    this.#build(kind);
    this.#small.addEventListener("change", () => this.isOpen && this.#isBubble && this.#show(), { signal });
    window.visualViewport?.addEventListener("resize", () => this.#fitKeyboard(), { signal });
  }

  get isOpen() {
    return !this.#isBubble || this.dialog.open;
  }

  open(draft, returnFocus = this.#parts.launcher.button) {
    if (this.#isBubble && !this.dialog.open) {
      this.#returnFocus = returnFocus;
      this.#parts.launcher.stopTeasing();
      this.#show();
      this.#actions.opened();
    }
    if (draft) this.#parts.composer.draft(draft);
    this.#parts.log.scrollToEnd();
    if (!this.views.isOpen) this.#parts.composer.focus();
  }

  close() {
    if (!this.isOpen || !this.#isBubble) return;
    if (this.views.isOpen) this.views.close();
    this.dialog.close();
    this.#parts.launcher.node.hidden = false;
    this.#actions.closed();
    (this.#returnFocus?.isConnected ? this.#returnFocus : this.#parts.launcher.button).focus();
  }

  relabel() {
    const text = (key) => this.#settings.get(key);
    this.node.lang = this.#settings.language;
    this.frame.dir = this.#settings.direction; // not the dialog's: its corner is the page's matter
    this.title.textContent = this.heading || text("heading");
    this.disclosure.textContent = text("disclosure");
    this.typing.querySelector(".typing-text").textContent = "";
    label(this.closeButton, text("close"));
    label(this.menuButton, text("menu"));
    label(this.popOutButton, text("pop_out"));
    this.#parts.composer.relabel();
    this.views.relabel();
  }

  showOwner(owner, isAgentHere) {
    this.subtitle.textContent = this.#settings.get(`status_${isAgentHere ? owner : "human_away"}`);
  }

  showConnection(state) {
    const isShown = state === "reconnecting" || state === "connecting";
    tell(this.connection, isShown ? this.#settings.get(state) : "");
  }

  /** office: {is_open, back_at, reason: why it is closed all day}; queue: {place, expected_minutes} while the customer waits. */
  showWaiting(office, queue) {
    const text = (key, values) => this.#settings.get(key, values);
    tell(this.office, office?.is_open === false ? this.#closedWords(office) : "");
    const minutes = queue?.expected_minutes ?? null;
    const place = queue && text("queue_place", { place: queue.place });
    const wait = minutes === null ? "" : text("queue_wait", { wait: this.#settings.minutes(Math.max(1, minutes)) });
    tell(this.queue, queue ? `${place} ${wait}`.trim() : "");
  }

  #closedWords({ back_at: backAt, reason }) {
    const back = backAt && this.#settings.get("office_back", { back: this.#settings.moment(new Date(backAt)) });
    return [reason && `${reason}.`, this.#settings.get("offline_text"), back].filter(Boolean).join(" ");
  }

  showTyping(author) {
    this.typing.hidden = !author;
    if (!author) return;
    this.typing.dataset.author = author;
    this.typing.querySelector(".typing-text").textContent = this.#settings.get(`typing_${author}`);
  }

  /** Before there is a conversation there is nothing to choose from. */
  showSession(hasSession) {
    this.menuButton.hidden = this.popOutButton.hidden = !hasSession;
  }

  /** After a quick reply its button is gone; a keyboard user goes on in the composer, a thumb gets no keyboard. */
  focusAfterReply() {
    if (matchMedia("(pointer: coarse)").matches) this.#parts.log.list.focus();
    else this.#parts.composer.focus();
  }

  #build(kind) {
    const { log, composer, launcher } = this.#parts;
    const line = (part) => el("p", { class: `strip ${part}`, "data-part": part, role: "status" });
    [this.office, this.queue, this.connection] = ["office", "queue", "connection"].map(line);
    const dots = el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
    this.typing = el(
      "div",
      { class: "typing", "data-part": "typing", hidden: "" },
      dots,
      el("span", { class: "typing-text" }),
    );
    this.disclosure = el("p", { class: "disclosure", "data-part": "disclosure" });
    this.stage = el("div", { class: "stage" }, log.node, this.typing, composer.node, this.disclosure);
    const rest = [this.connection, this.office, this.queue, this.stage, this.views.node];
    this.frame = el("div", { class: "frame" }, this.#header(kind), ...rest);
    this.frame.addEventListener("dragover", (event) => event.preventDefault());
    this.frame.addEventListener("drop", (event) => {
      if (composer.takeFiles(event.dataTransfer)) event.preventDefault();
    });
    this.dialog = this.#box();
    this.node = el("div", { class: "chat", "data-kind": kind }, this.#isBubble && launcher.node, this.dialog);
  }

  #box() {
    const about = { class: "panel", "data-part": "panel", "aria-labelledby": "title" };
    const onkeydown = (event) => this.#keyPressed(event);
    if (!this.#isBubble) return el("section", { ...about, onkeydown }, this.frame);
    const oncancel = (event) => {
      event.preventDefault();
      this.close();
    };
    return el("dialog", { ...about, oncancel, onkeydown }, this.frame);
  }

  #header(kind) {
    this.title = el("h2", { id: "title" });
    this.subtitle = el("p", { class: "subtitle", "data-part": "status" });
    this.menuButton = button("menu", "tool", () => this.views.open("menu"), icon("menu"));
    this.popOutButton = button("pop-out", "tool pop-out", () => this.#actions.popOut(), icon("popout"));
    this.closeButton = button("close", "tool", () => this.close(), icon("close"));
    return el(
      "div",
      { class: "header" },
      el("span", { class: "mark" }, icon("chat")),
      el("div", { class: "names" }, this.title, this.subtitle),
      this.menuButton,
      kind !== "page" && this.popOutButton,
      this.#isBubble && this.closeButton,
    );
  }

  #show() {
    const { dialog } = this;
    if (dialog.open) dialog.close();
    if (this.#small.matches) dialog.showModal();
    else dialog.show();
    dialog.setAttribute("aria-modal", String(this.#small.matches));
    this.#parts.launcher.node.hidden = true;
    this.#fitKeyboard();
    if (!this.views.isOpen) this.#parts.composer.focus();
  }

  #viewShown(isAny) {
    const wasAny = this.stage.hidden;
    this.stage.hidden = isAny;
    if (!isAny && wasAny && this.isOpen) {
      this.#parts.log.scrollToEnd();
      (this.menuButton.hidden ? this.#parts.composer : this.menuButton).focus();
    }
  }

  /** On a phone the on-screen keyboard must not cover the composer. */
  #fitKeyboard() {
    if (window.visualViewport)
      this.dialog.style.setProperty("--visible-height", `${Math.round(window.visualViewport.height)}px`);
  }

  #keyPressed(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    if (this.#parts.composer.closeEmoji()) this.#parts.composer.focus();
    else if (this.views.isOpen) void this.views.back();
    else this.close();
  }
}
