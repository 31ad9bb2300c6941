/* Files chosen for the next message: each is sent at once, with its progress, and can be taken back. */

import { button, el, icon, label } from "./dom.js";

const MOST_FILES = 10; // the server's limit of one message

export class Uploads {
  #settings;
  #actions;
  #pending = new Map(); // chip -> {attachment?, controller}

  /** actions: upload(file, progressed, signal) gives the attachment, changed() */
  constructor(settings, actions) {
    this.#settings = settings;
    this.#actions = actions;
    this.node = el("ul", { class: "uploads", "data-part": "uploads", hidden: "" });
  }

  get isBusy() {
    return [...this.#pending.values()].some(({ attachment }) => !attachment);
  }

  get isEmpty() {
    return this.#pending.size === 0;
  }

  /** What was uploaded, which now belongs to a message. */
  take() {
    const attachments = [...this.#pending.values()].map(({ attachment }) => attachment);
    this.clear();
    return attachments;
  }

  clear() {
    for (const { controller } of this.#pending.values()) controller.abort();
    this.#pending.clear();
    this.node.replaceChildren();
    this.#changed();
  }

  add(files) {
    for (const file of files) void this.#send(file);
  }

  async #send(file) {
    const chip = this.#chip(file);
    const { largest } = this.#settings.config.files;
    if (file.size > largest) return this.#refuse(chip, "too_large");
    if (file.size === 0) return this.#refuse(chip, "is_empty");
    if (this.#pending.size >= MOST_FILES) return this.#refuse(chip, "too_many");
    const pending = { controller: new AbortController() };
    this.#pending.set(chip, pending);
    this.#changed();
    try {
      const bar = chip.querySelector("progress");
      const progressed = (share) => {
        bar.value = share;
      };
      pending.attachment = await this.#actions.upload(file, progressed, pending.controller.signal);
      bar.remove();
      chip.dataset.state = "ready";
    } catch (error) {
      if (error.isPassing === undefined) throw error;
      this.#pending.delete(chip);
      this.#refuse(chip, error.isPassing ? "unreachable" : error.code);
    }
    this.#changed();
  }

  #chip(file) {
    const remove = button("upload-remove", "tool", () => this.#remove(chip), icon("close"));
    label(remove, this.#settings.get("upload_remove", { name: file.name }));
    const chip = el(
      "li",
      { class: "upload", "data-part": "upload", "data-state": "sending" },
      icon("file"),
      el(
        "span",
        { class: "file-words" },
        el("bdi", { class: "file-name" }, file.name),
        el("span", { class: "file-size", role: "status" }, this.#settings.size(file.size)),
      ),
      el("progress", {
        max: "1",
        value: "0",
        "aria-label": this.#settings.get("upload_progress", { name: file.name }),
      }),
      remove,
    );
    this.node.append(chip);
    this.#changed();
    return chip;
  }

  #remove(chip) {
    this.#pending.get(chip)?.controller.abort();
    this.#pending.delete(chip);
    chip.remove();
    this.#changed();
    this.#actions.removed();
  }

  #refuse(chip, code) {
    chip.dataset.state = "refused";
    chip.querySelector("progress")?.remove();
    const limit = this.#settings.size(this.#settings.config.files.largest);
    const known = this.#settings.firstOf(`upload_${code}`, "upload_refused");
    chip.querySelector(".file-size").textContent = known.replace("{limit}", limit);
  }

  #changed() {
    this.node.hidden = !this.node.childElementCount;
    this.#actions.changed();
  }
}
