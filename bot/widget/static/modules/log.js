/* The message list: messages, day lines, notices and quick replies, each kept in the order of the conversation. */

import { el, icon, linked } from "./dom.js";

const AT_END_PX = 90;

export class Log {
  #texts;
  #actions;
  #rendered = new Map(); // node -> {order, relabel}
  #nodes = new Map(); // message -> node
  #wasAtEnd = true;

  /** actions: retry(message), choose(button), startNew() */
  constructor(texts, actions) {
    this.#texts = texts;
    this.#actions = actions;
    this.list = el("div", {
      class: "log",
      "data-part": "log",
      role: "log",
      "aria-live": "polite",
      tabindex: "0",
      "aria-busy": "true",
    });
    this.latest = el(
      "button",
      { class: "latest", type: "button", "data-part": "latest", hidden: "", onclick: () => this.scrollToEnd() },
      icon("down"),
      el("span"),
    );
    this.node = el("div", { class: "history" }, this.list, this.latest);
    this.list.addEventListener("scroll", () => {
      this.#wasAtEnd = this.#isAtEnd();
      this.latest.hidden ||= this.#wasAtEnd;
    });
    // The typing line, a question or the phone's keyboard take height: the newest message stays in sight.
    new ResizeObserver(() => {
      if (this.#wasAtEnd) this.scrollToEnd();
    }).observe(this.list);
  }

  clear() {
    this.list.replaceChildren();
    this.list.setAttribute("aria-busy", "true"); // a history that loads is not read out as news
    this.#rendered.clear();
    this.#nodes.clear();
    this.latest.hidden = true;
  }

  historyLoaded() {
    this.list.setAttribute("aria-busy", "false");
  }

  add(message) {
    const follow = this.#isAtEnd() || message.author === "customer";
    const node = this.#messageNode(message);
    this.#nodes.set(message, node);
    this.#place(node, message.seq ?? Infinity, () => this.#fill(node, message));
    this.#addDayLine(node, message);
    node.toggleAttribute("data-follows", node.previousElementSibling?.dataset.author === message.author);
    this.#dropAnsweredButtons();
    if (follow) this.scrollToEnd();
    else this.latest.hidden = false;
  }

  change(message) {
    const node = this.#nodes.get(message);
    if (!node) return;
    const follow = this.#isAtEnd();
    const { order, relabel } = this.#rendered.get(node);
    const orderNow = message.seq ?? (message.status === "refused" ? this.#orderBehindNumbered(order) : Infinity);
    if (order === orderNow) this.#fill(node, message);
    else this.#place(node, orderNow, relabel);
    this.#dropAnsweredButtons();
    if (follow) this.scrollToEnd();
  }

  notice(name, afterSeq) {
    const node = el("div", { class: "notice", "data-part": "notice", "data-notice": name });
    this.#place(node, afterSeq + 0.5, () => {
      const again = el(
        "button",
        { type: "button", class: "quiet", onclick: () => this.#actions.startNew() },
        this.#texts.get("new_conversation"),
      );
      node.replaceChildren(
        el("p", {}, this.#texts.get(`notice_${name.replaceAll("-", "_")}`)),
        ...(name === "owner-closed" ? [again] : []),
      );
    });
    this.scrollToEnd();
  }

  relabel() {
    this.list.setAttribute("aria-label", this.#texts.get("log_label"));
    this.latest.lastElementChild.textContent = this.#texts.get("jump_to_latest");
    for (const { relabel } of this.#rendered.values()) relabel();
  }

  scrollToEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    this.latest.hidden = true;
    this.#wasAtEnd = true;
  }

  #isAtEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < AT_END_PX;
  }

  /** A refused message gets no number: it stays where it was when that became known. */
  #orderBehindNumbered(order) {
    if (order !== Infinity) return order;
    return Math.max(0, ...[...this.#rendered.values()].map((other) => other.order).filter(Number.isFinite)) + 0.25;
  }

  /** Puts the node behind everything with a lower order; what the server has not numbered stays last. */
  #place(node, order, relabel) {
    this.#rendered.set(node, { order, relabel });
    let before = null;
    for (let last = this.list.lastElementChild; last; last = last.previousElementSibling) {
      if (last === node) continue;
      if (this.#rendered.get(last).order <= order) break;
      before = last;
    }
    const isInPlace = node.parentNode === this.list && node.nextElementSibling === before;
    if (!isInPlace) this.list.insertBefore(node, before);
    relabel();
  }

  #addDayLine(node, message) {
    const previous = [...this.#nodes].findLast(
      ([, other]) => other !== node && node.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_PRECEDING,
    );
    const day = new Date(message.at).toDateString();
    const dayBefore = previous ? new Date(previous[0].at).toDateString() : new Date().toDateString();
    if (day === dayBefore) return;
    const line = el("div", { class: "day" });
    this.#rendered.set(line, {
      order: (message.seq ?? Infinity) - 0.25,
      relabel: () => {
        line.textContent = this.#texts.day(new Date(message.at));
      },
    });
    this.list.insertBefore(line, node);
    this.#rendered.get(line).relabel();
  }

  #messageNode(message) {
    return el(
      "div",
      {
        class: "message",
        "data-part": "message",
        "data-author": message.author,
        "data-client-message-id": message.clientMessageId,
      },
      el("p", { class: "author" }),
      el("div", { class: "bubble", "data-part": "text", dir: "auto" }, ...linked(message.text)),
      el(
        "div",
        { class: "replies", "data-part": "buttons" },
        ...message.buttons.map((button) => this.#replyButton(button)),
      ),
      el("p", { class: "meta" }),
    );
  }

  #replyButton(button) {
    return el(
      "button",
      { type: "button", dir: "auto", "data-button-id": button.id, onclick: () => this.#actions.choose(button) },
      button.title,
    );
  }

  #fill(node, message) {
    node.dataset.status = message.status;
    if (message.seq !== undefined) node.dataset.seq = message.seq;
    node.querySelector(".author").textContent = this.#texts.get(`author_${message.author}`);
    node.querySelector(".meta").replaceChildren(...this.#meta(message));
    node.querySelector(".replies")?.setAttribute("aria-label", this.#texts.get("quick_replies"));
    node.querySelector(".replies")?.setAttribute("role", "group");
  }

  #meta(message) {
    if (message.status === "sent")
      return [el("time", { datetime: message.at }, this.#texts.time(new Date(message.at)))];
    if (message.status === "sending") return [this.#texts.get("message_sending")];
    const reason = `error_${message.reason}`;
    if (message.status === "refused") return [this.#texts.get(this.#texts.has(reason) ? reason : "error_refused")];
    const retry = el(
      "button",
      { type: "button", class: "quiet", "data-part": "retry", onclick: () => this.#actions.retry(message) },
      this.#texts.get("message_retry"),
    );
    return [this.#texts.get(this.#texts.has(reason) ? reason : "message_failed"), " ", retry];
  }

  /** Quick replies belong to the newest question: an answer by hand or by button takes them away. */
  #dropAnsweredButtons() {
    let isAnswered = false;
    for (const node of [...this.list.children].reverse()) {
      const isQuestion = node.dataset.author === "bot" || node.dataset.author === "agent";
      if (isAnswered) node.querySelector("[data-part=buttons]")?.remove();
      isAnswered ||=
        node.dataset.author === "customer" || (isQuestion && node.querySelector("[data-button-id]") !== null);
    }
  }
}
