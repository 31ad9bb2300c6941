/* A file in a message: what it is called, how large it is, and a picture of it when it is one. */

import { button, el, icon } from "./dom.js";

const LARGEST_PREVIEW = 8 * 1_048_576; // more than that is a download the customer did not ask for

/** actions: open(attachment), preview(attachment, card) */
export function fileCard(attachment, settings, actions) {
  const { name, size, media_type: mediaType, state = "ready" } = attachment;
  const isReady = state === "ready";
  const about = isReady ? settings.size(size) : settings.firstOf(`file_${state}`, "file_missing");
  const words = el(
    "span",
    { class: "file-words" },
    isReady && el("span", { class: "unseen" }, settings.get("file_save")),
    el("bdi", { class: "file-name" }, name),
    el("span", { class: "file-size" }, about),
  );
  if (!isReady) return el("div", { class: "file", "data-part": "file" }, icon("file"), words);
  const card = button("file", "file", () => actions.open(attachment), icon("file"), words);
  if (mediaType?.startsWith("image/") && size <= LARGEST_PREVIEW) void actions.preview(attachment, card);
  return card;
}
