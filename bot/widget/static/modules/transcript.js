/* The conversation to take along: as a file, or by mail. */

import { button, el } from "./dom.js";
import { save } from "./files.js";
import { carryOut, note } from "./note.js";

export function transcriptView(chat) {
  const { api, conversation, settings } = chat;
  const text = (key) => settings.get(key);
  const state = note();
  const download = (format) =>
    carryOut(
      chat,
      state,
      async () => {
        const content = await api.blob(`transcript?format=${format}`, conversation.token);
        save(content, `${text("transcript")}.${format}`);
      },
      "",
    );
  const field = el("input", {
    type: "email",
    required: "",
    autocomplete: "email",
    "data-part": "transcript-email",
    dir: "ltr",
  });
  const send = async (event) => {
    event.preventDefault();
    if (!field.reportValidity()) return;
    const post = () => api.post("transcript", { email: field.value.trim() }, conversation.token);
    await carryOut(chat, state, post, text("transcript_sent"));
  };
  const form = el(
    "form",
    { class: "sheet", onsubmit: (event) => void send(event) },
    el("label", {}, el("span", {}, text("transcript_email")), field),
    el("button", { type: "submit", class: "primary", "data-part": "transcript-send" }, text("transcript_send")),
  );
  const files = el(
    "div",
    { class: "row" },
    button("transcript-html", "quiet", () => void download("html"), text("transcript_html")),
    button("transcript-txt", "quiet", () => void download("txt"), text("transcript_txt")),
  );
  return { title: text("transcript"), node: el("div", {}, files, form, state) };
}
