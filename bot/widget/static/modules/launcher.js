/* The bubble at the corner: opens the chat, counts what is unread, and may say something first. */

import { button, el, icon, label } from "./dom.js";

export class Launcher {
  #settings;
  #teaser = null;

  constructor(settings, open) {
    this.#settings = settings;
    this.unread = el("span", { class: "unread", "data-part": "unread", "aria-hidden": "true", hidden: "" });
    this.button = button("launcher", "launcher", () => open(), icon("chat"), this.unread);
    this.button.setAttribute("aria-haspopup", "dialog");
    this.place = el("div", { role: "status" });
    this.node = el("div", { class: "corner" }, this.place, this.button);
  }

  showUnread(count) {
    this.unread.hidden = count === 0;
    this.unread.textContent = count > 99 ? `${this.#settings.number(99)}+` : this.#settings.number(count);
    const name = this.#settings.get(count ? "launcher_unread" : "launcher_open", { count });
    this.button.setAttribute("aria-label", name);
  }

  /** A message nobody asked for: opened says whether the visitor took it up. */
  tease(text, closed) {
    const end = (isTakenUp) => {
      this.#teaser?.remove();
      this.#teaser = null;
      closed(isTakenUp);
    };
    const close = button("teaser-close", "tool", () => end(false), icon("close"));
    label(close, this.#settings.get("teaser_close"));
    const words = button("teaser-open", "teaser-words", () => end(true), text);
    this.#teaser = el("div", { class: "teaser", "data-part": "teaser", dir: this.#settings.direction }, words, close);
    this.place.replaceChildren(this.#teaser);
  }

  stopTeasing() {
    this.#teaser?.remove();
    this.#teaser = null;
  }
}
