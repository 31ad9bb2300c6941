/* The frame around the messages: bubble at the corner, dialog, header, composer; focus and keyboard. */

import { el, icon } from "./dom.js";

const TEXT_LIMIT = 4000; // the server's limit: see POST /api/chat/messages
const PHONE = "(max-width: 479px)";

export class Panel {
  #texts;
  #actions;
  #returnFocus = null;
  #phone = matchMedia(PHONE);
  heading = null;

  /** actions: opened(), closed(), send(text), typing(), startNew() */
  constructor(texts, log, actions, signal) {
    this.#texts = texts;
    this.#actions = actions;
    this.log = log;
    this.#build();
    this.node = el("div", { class: "chat" }, this.launcher, this.dialog);
    this.#phone.addEventListener(
      "change",
      () => {
        if (this.isOpen) this.#show();
      },
      { signal },
    );
    window.visualViewport?.addEventListener("resize", () => this.#fitKeyboard(), { signal });
  }

  get isOpen() {
    return this.dialog.open;
  }

  open(draft, returnFocus = this.launcher) {
    if (!this.isOpen) {
      this.#returnFocus = returnFocus;
      this.#show();
      this.#actions.opened();
    }
    if (draft) this.composer.value = draft;
    this.#composerChanged();
    this.log.scrollToEnd();
    this.composer.focus();
  }

  close() {
    if (!this.isOpen) return;
    this.dialog.close();
    this.launcher.hidden = false;
    this.#actions.closed();
    (this.#returnFocus?.isConnected ? this.#returnFocus : this.launcher).focus();
  }

  relabel() {
    const text = (key) => this.#texts.get(key);
    this.node.lang = this.#texts.language;
    this.frame.dir = this.#texts.direction; // not the dialog's: its corner is the page's matter
    this.title.textContent = this.heading || text("title");
    this.composer.setAttribute("aria-label", text("composer_label"));
    this.composer.placeholder = text("composer_placeholder");
    this.typing.querySelector(".typing-text").textContent = "";
    this.question.firstElementChild.textContent = text("new_conversation_question");
    this.confirmNew.textContent = text("new_conversation_confirm");
    this.cancelNew.textContent = text("new_conversation_cancel");
    for (const [button, key] of [
      [this.closeButton, "close"],
      [this.newButton, "new_conversation"],
      [this.sendButton, "send"],
    ]) {
      button.setAttribute("aria-label", text(key));
      button.title = text(key);
    }
    this.hint.textContent = text("composer_hint");
    this.#composerChanged();
  }

  showOwner(owner) {
    this.subtitle.textContent = this.#texts.get(`status_${owner}`);
  }

  showConnection(state) {
    const isShown = state === "reconnecting" || state === "connecting";
    this.connection.textContent = isShown ? this.#texts.get(state) : "";
  }

  showTyping(author) {
    this.typing.hidden = !author;
    if (!author) return;
    this.typing.dataset.author = author;
    this.typing.querySelector(".typing-text").textContent = this.#texts.get(`typing_${author}`);
  }

  showUnread(count) {
    this.unread.hidden = count === 0;
    this.unread.textContent = count > 99 ? `${this.#texts.number(99)}+` : this.#texts.number(count);
    this.launcher.setAttribute("aria-label", this.#texts.get(count ? "launcher_unread" : "launcher_open", { count }));
  }

  /** After a quick reply its button is gone; a keyboard user goes on in the composer, a thumb gets no keyboard. */
  focusAfterReply() {
    (matchMedia("(pointer: coarse)").matches ? this.log.list : this.composer).focus();
  }

  #build() {
    this.unread = el("span", { class: "unread", "data-part": "unread", "aria-hidden": "true", hidden: "" });
    this.launcher = el(
      "button",
      {
        class: "launcher",
        type: "button",
        "data-part": "launcher",
        "aria-haspopup": "dialog",
        onclick: () => this.open(),
      },
      icon("chat"),
      this.unread,
    );
    this.typing = el(
      "div",
      { class: "typing", "data-part": "typing", hidden: "" },
      el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")),
      el("span", { class: "typing-text" }),
    );
    this.connection = el("p", { class: "connection", "data-part": "connection", role: "status" });
    this.frame = el(
      "div",
      { class: "frame" },
      this.#header(),
      this.#newQuestion(),
      this.connection,
      this.log.node,
      this.typing,
      this.#composerForm(),
    );
    this.dialog = el(
      "dialog",
      {
        class: "panel",
        "data-part": "panel",
        "aria-labelledby": "title",
        oncancel: (event) => {
          event.preventDefault();
          this.close();
        },
        onkeydown: (event) => this.#keyPressed(event),
      },
      this.frame,
    );
  }

  #header() {
    this.title = el("h2", { id: "title" });
    this.subtitle = el("p", { class: "subtitle" });
    this.newButton = el(
      "button",
      { class: "tool", type: "button", "data-part": "new-conversation", onclick: () => this.#askNew(true) },
      icon("fresh"),
    );
    this.closeButton = el(
      "button",
      { class: "tool", type: "button", "data-part": "close", onclick: () => this.close() },
      icon("close"),
    );
    return el(
      "div",
      { class: "header" },
      el("span", { class: "mark" }, icon("chat")),
      el("div", { class: "names" }, this.title, this.subtitle),
      this.newButton,
      this.closeButton,
    );
  }

  #newQuestion() {
    this.confirmNew = el("button", {
      type: "button",
      class: "primary",
      "data-part": "confirm-new",
      onclick: () => {
        this.#askNew(false);
        this.#actions.startNew();
      },
    });
    this.cancelNew = el("button", {
      type: "button",
      class: "quiet",
      "data-part": "cancel-new",
      onclick: () => this.#askNew(false),
    });
    this.question = el(
      "div",
      { class: "question", role: "group", "aria-labelledby": "question", hidden: "" },
      el("p", { id: "question" }),
      this.confirmNew,
      this.cancelNew,
    );
    return this.question;
  }

  #composerForm() {
    this.composer = el("textarea", {
      rows: "1",
      "data-part": "composer",
      dir: "auto",
      autocomplete: "off",
      enterkeyhint: "send",
      "aria-describedby": "hint over",
      oninput: () => {
        this.#composerChanged();
        if (this.composer.value.trim()) this.#actions.typing();
      },
    });
    this.sendButton = el("button", { class: "send", type: "submit", "data-part": "send" }, icon("send"));
    this.hint = el("p", { id: "hint", class: "unseen" });
    this.over = el("p", { id: "over", class: "over", role: "status" });
    return el(
      "form",
      {
        novalidate: "",
        onsubmit: (event) => {
          event.preventDefault();
          this.#send();
        },
      },
      this.over,
      el("div", { class: "field" }, this.composer, this.sendButton),
      this.hint,
    );
  }

  #show() {
    if (this.dialog.open) this.dialog.close();
    if (this.#phone.matches) this.dialog.showModal();
    else this.dialog.show();
    this.dialog.setAttribute("aria-modal", String(this.#phone.matches));
    this.launcher.hidden = true;
    this.#fitKeyboard();
    this.composer.focus();
  }

  /** On a phone the on-screen keyboard must not cover the composer. */
  #fitKeyboard() {
    if (window.visualViewport)
      this.dialog.style.setProperty("--visible-height", `${Math.round(window.visualViewport.height)}px`);
  }

  #keyPressed(event) {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      if (this.question.hidden) this.close();
      else this.#askNew(false);
    } else if (event.key === "Enter" && event.target === this.composer && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#send();
    }
  }

  #askNew(isAsking) {
    this.question.hidden = !isAsking;
    if (isAsking) this.confirmNew.focus();
    else this.composer.focus();
  }

  #composerChanged() {
    const surplus = this.composer.value.trim().length - TEXT_LIMIT;
    this.over.textContent =
      surplus > 0 ? this.#texts.get("characters_over", { count: surplus, limit: TEXT_LIMIT }) : "";
    this.composer.setAttribute("aria-invalid", String(surplus > 0));
    this.sendButton.setAttribute("aria-disabled", String(surplus > 0 || !this.composer.value.trim()));
    this.composer.style.height = "auto";
    if (this.composer.scrollHeight) this.composer.style.height = `${this.composer.scrollHeight}px`;
  }

  #send() {
    const text = this.composer.value.trim();
    if (!text || text.length > TEXT_LIMIT) return;
    this.composer.value = "";
    this.#composerChanged();
    this.#actions.send(text);
    this.composer.focus();
  }
}
