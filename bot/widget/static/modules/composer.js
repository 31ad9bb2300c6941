/* Where the customer writes: text, files, emoji. */

import { button, el, icon, label } from "./dom.js";
import { emojiPicker } from "./emoji.js";
import { Uploads } from "./uploads.js";

const TEXT_LIMIT = 4000; // the server's limit: see POST /api/chat/messages

export class Composer {
  #settings;
  #actions;
  #emoji = null;

  /** actions: send(text, attachments), typing(), upload(file, progressed, signal) */
  constructor(settings, actions) {
    this.#settings = settings;
    this.#actions = actions;
    const changed = () => this.#changed();
    this.uploads = new Uploads(settings, { upload: actions.upload, changed, removed: () => this.field.focus() });
    this.#build();
  }

  focus() {
    this.field.focus();
  }

  draft(text) {
    this.field.value = text;
    this.#changed();
  }

  /** Puts text where the cursor is. */
  insert(text) {
    this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.#changed();
  }

  /** True when there was something to close. */
  closeEmoji() {
    if (!this.#emoji) return false;
    this.#emoji.remove();
    this.#emoji = null;
    this.emojiButton.setAttribute("aria-expanded", "false");
    return true;
  }

  relabel() {
    const text = (key) => this.#settings.get(key);
    this.field.setAttribute("aria-label", text("composer_label"));
    this.field.placeholder = text("composer_placeholder");
    this.hint.textContent = text("composer_hint");
    label(this.sendButton, text("send"));
    label(this.attachButton, text("attach"));
    label(this.emojiButton, text("emoji"));
    const { files } = this.#settings.config;
    this.attachButton.hidden = !files?.kinds?.length;
    this.chooser.accept = files?.accept ?? "";
    this.#changed();
  }

  /** The files of a drop or a paste; false when there are none. */
  takeFiles(transfer) {
    const files = [...(transfer?.files ?? [])];
    if (!files.length || this.attachButton.hidden) return false;
    this.uploads.add(files);
    this.focus();
    return true;
  }

  #build() {
    this.field = this.#field();
    this.chooser = el("input", { type: "file", multiple: "", hidden: "", onchange: () => this.#chosen() });
    this.attachButton = button("attach", "tool", () => this.chooser.click(), icon("attach"));
    this.emojiButton = button("emoji", "tool", () => this.#toggleEmoji(), icon("emoji"));
    this.emojiButton.setAttribute("aria-expanded", "false");
    this.sendButton = el("button", { class: "send", type: "submit", "data-part": "send" }, icon("send"));
    this.hint = el("p", { id: "hint", class: "unseen" });
    this.over = el("p", { id: "over", class: "over", role: "status" });
    const submitted = (event) => {
      event.preventDefault();
      this.#send();
    };
    this.node = el(
      "form",
      { class: "composer", novalidate: "", onsubmit: submitted },
      this.over,
      this.uploads.node,
      el("div", { class: "field" }, this.attachButton, this.field, this.emojiButton, this.sendButton),
      this.chooser,
      this.hint,
    );
  }

  #field() {
    return el("textarea", {
      rows: "1",
      "data-part": "composer",
      dir: "auto",
      autocomplete: "off",
      enterkeyhint: "send",
      "aria-describedby": "hint over",
      oninput: () => {
        this.#changed();
        if (this.field.value.trim()) this.#actions.typing();
      },
      onpaste: (event) => {
        if (this.takeFiles(event.clipboardData)) event.preventDefault();
      },
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.#send();
      },
    });
  }

  #chosen() {
    this.uploads.add([...this.chooser.files]);
    this.chooser.value = "";
    this.focus();
  }

  #toggleEmoji() {
    if (this.closeEmoji()) return this.focus();
    this.emojiButton.setAttribute("aria-expanded", "true");
    this.#emoji = emojiPicker(this.#settings, (sign) => {
      this.closeEmoji();
      this.insert(sign);
      this.focus();
    });
    this.uploads.node.before(this.#emoji);
    this.#emoji.querySelector("button").focus();
  }

  #changed() {
    const text = this.field.value.trim();
    const surplus = text.length - TEXT_LIMIT;
    this.over.textContent =
      surplus > 0 ? this.#settings.get("characters_over", { count: surplus, limit: TEXT_LIMIT }) : "";
    this.field.setAttribute("aria-invalid", String(surplus > 0));
    const isNothing = !text && this.uploads.isEmpty;
    this.sendButton.setAttribute("aria-disabled", String(surplus > 0 || isNothing || this.uploads.isBusy));
    this.field.style.height = "auto";
    if (this.field.scrollHeight) this.field.style.height = `${this.field.scrollHeight}px`;
  }

  #send() {
    if (this.sendButton.getAttribute("aria-disabled") === "true") return;
    const text = this.field.value.trim();
    this.field.value = "";
    this.closeEmoji();
    this.#actions.send(text, this.uploads.take());
    this.uploads.clear(); // refused ones, too
    this.focus();
  }
}
