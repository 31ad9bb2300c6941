/* The message list: messages, day lines and notices, each kept in the order of the conversation. */

import { button, el, icon } from "./dom.js";
import { fillMessage, messageNode } from "./message.js";

const AT_END_PX = 90;

export class Log {
  #settings;
  #actions;
  #rendered = new Map(); // node -> {order, relabel}
  #nodes = new Map(); // message -> node
  #wasAtEnd = true;

  /** actions: those of a message, and startNew(), rate() or null */
  constructor(settings, actions) {
    this.#settings = settings;
    this.#actions = actions;
    this.list = el("div", {
      class: "log",
      "data-part": "log",
      role: "log",
      "aria-live": "polite",
      tabindex: "0",
      "aria-busy": "true",
    });
    this.latest = button("latest", "latest", () => this.scrollToEnd(), icon("down"), el("span"));
    this.latest.hidden = true;
    this.node = el("div", { class: "history" }, this.list, this.latest);
    this.list.addEventListener("scroll", () => {
      this.#wasAtEnd = this.#isAtEnd();
      this.latest.hidden ||= this.#wasAtEnd;
    });
    // The typing line, a question or the phone's keyboard take height: the newest message stays in sight.
    new ResizeObserver(() => this.#stayAtEnd()).observe(this.list);
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
    const node = messageNode(message, this.#actions);
    this.#nodes.set(message, node);
    this.#place(node, message.seq ?? Infinity, () => fillMessage(node, message, this.#settings, this.#actions));
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
    if (order === orderNow) relabel();
    else this.#place(node, orderNow, relabel);
    this.#dropAnsweredButtons();
    if (follow) this.scrollToEnd();
  }

  notice(name, afterSeq) {
    const node = el("div", { class: "notice", "data-part": "notice", "data-notice": name });
    this.#place(node, afterSeq + 0.5, () => {
      const text = el("p", {}, this.#settings.get(`notice_${name.replaceAll("-", "_")}`));
      node.replaceChildren(text, ...(name === "owner-closed" ? this.#afterTheEnd() : []));
    });
    this.scrollToEnd();
  }

  relabel() {
    this.list.setAttribute("aria-label", this.#settings.get("log_label"));
    this.latest.lastElementChild.textContent = this.#settings.get("jump_to_latest");
    for (const { relabel } of this.#rendered.values()) relabel();
  }

  scrollToEnd() {
    this.list.scrollTop = this.list.scrollHeight;
    this.latest.hidden = true;
    this.#wasAtEnd = true;
  }

  /** A picture has arrived, or the panel has another height. */
  #stayAtEnd() {
    if (this.#wasAtEnd) this.scrollToEnd();
  }

  #isAtEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < AT_END_PX;
  }

  #afterTheEnd() {
    const { startNew, rate } = this.#actions;
    const text = (key) => this.#settings.get(key);
    return [
      this.#settings.config.has_rating ? button("rate", "quiet", rate, text("rating")) : "",
      button("start-new", "quiet", startNew, text("new_conversation")),
    ];
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
        line.textContent = this.#settings.day(new Date(message.at));
      },
    });
    this.list.insertBefore(line, node);
    this.#rendered.get(line).relabel();
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
