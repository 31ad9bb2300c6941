/* What is opened over the messages: menu, list of conversations, articles and so on, one behind the other. */

import { button, el, icon, label } from "./dom.js";

export class Views {
  #settings;
  #actions;
  #stack = []; // [name, values]
  #asked = 0;

  /** actions: make(name, ...values) gives {title, node, focus?} or a promise of it, shown(isAny) */
  constructor(settings, actions) {
    this.#settings = settings;
    this.#actions = actions;
    this.backButton = button("back", "tool", () => this.back(), icon("back"));
    this.title = el("h3", { id: "view-title", tabindex: "-1" });
    this.body = el("div", { class: "view-body", tabindex: "0" }); // else the keyboard could not scroll it
    const head = el("div", { class: "view-head" }, this.backButton, this.title);
    const about = { class: "view", "data-part": "view", "aria-labelledby": "view-title", hidden: "" };
    this.node = el("section", about, head, this.body);
  }

  get isOpen() {
    return this.#stack.length > 0;
  }

  /** Shows a view in front of the present one. */
  async open(name, ...values) {
    this.#stack.push([name, values]);
    await this.#show();
  }

  /** To the view behind, or to the messages. */
  async back() {
    this.#stack.pop();
    if (this.isOpen) await this.#show();
    else this.close();
  }

  close() {
    this.#asked += 1;
    this.#stack = [];
    this.node.hidden = true;
    this.body.replaceChildren();
    this.#actions.shown(false);
  }

  /** The same view in the language of now. */
  relabel() {
    label(this.backButton, this.#settings.get("back"));
    if (this.isOpen) void this.#show();
  }

  async #show() {
    const asked = (this.#asked += 1);
    const [name, values] = this.#stack.at(-1);
    this.node.dataset.view = name;
    this.node.setAttribute("aria-busy", "true");
    const { title, node, focus } = await this.#actions.make(name, ...values);
    if (asked !== this.#asked) return;
    this.title.textContent = title;
    this.body.replaceChildren(node);
    this.node.hidden = false;
    this.#actions.shown(true);
    this.node.setAttribute("aria-busy", "false");
    this.body.scrollTop = 0;
    (focus ?? this.title).focus();
  }
}
