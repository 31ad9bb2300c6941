/* Files of messages: pictures drawn on a canvas, which no policy of the page forbids, and saving. */

import { el } from "./dom.js";

const WIDTH = 280;
const HEIGHT = 220;

/** Puts the picture into the card; what cannot be drawn stays a file to save. */
export async function drawPreview({ api, conversation }, attachment, card) {
  try {
    const picture = await createImageBitmap(await fetchFile(api, conversation.token, attachment));
    const scale = Math.min(WIDTH / picture.width, HEIGHT / picture.height, 1);
    const canvas = el("canvas", {
      class: "preview",
      "data-part": "preview",
      role: "img",
      "aria-label": attachment.name,
    });
    const sharp = Math.min(window.devicePixelRatio || 1, 2);
    canvas.width = Math.max(1, Math.round(picture.width * scale * sharp));
    canvas.height = Math.max(1, Math.round(picture.height * scale * sharp));
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    canvas.style.width = `${canvas.width / sharp}px`;
    picture.close();
    card.prepend(canvas);
    card.dataset.drawn = "";
  } catch (error) {
    if (error.isPassing === undefined && !(error instanceof DOMException)) throw error;
  }
}

export async function saveAttachment({ api, conversation }, attachment) {
  try {
    save(await fetchFile(api, conversation.token, attachment), attachment.name);
  } catch (error) {
    if (error.isPassing === undefined) throw error;
  }
}

/** Lets the browser keep the content as a file; nothing is opened, whatever it is. */
export function save(content, name) {
  const address = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function fetchFile(api, token, { id }) {
  return api.blob(`attachments/${encodeURIComponent(id)}`, token);
}
