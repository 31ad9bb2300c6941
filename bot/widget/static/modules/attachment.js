/* A file in a message: what it is called, how large it is, and a picture of it when it is one; or a place, a person. */

import { button, el, icon } from "./dom.js";

const LARGEST_PREVIEW = 8 * 1_048_576; // more than that is a download the customer did not ask for
const MAP = "https://www.openstreetmap.org/"; // followed by the customer only: nothing is loaded from there

/** actions: open(attachment), preview(attachment, card) */
export function fileCard(attachment, settings, actions) {
  const { kind, name, size, media_type: mediaType, state = "ready", detail } = attachment;
  if (state !== "ready") return fileBox("div", {}, name, settings.firstOf(`file_${state}`, "file_missing"));
  if (kind === "location") return fileBox("a", mapLink(detail), name, settings.get("file_map"));
  if (kind === "contact") return fileBox("div", {}, detail.name ?? name, el("bdi", {}, detail.phone ?? ""));
  const save = el("span", { class: "unseen" }, settings.get("file_save"));
  const onclick = () => actions.open(attachment);
  const file = fileBox("button", { type: "button", onclick }, name, settings.size(size), save);
  if (mediaType?.startsWith("image/") && size <= LARGEST_PREVIEW) void actions.preview(attachment, file);
  return file;
}

function fileBox(tag, attributes, name, about, verb) {
  const words = [verb, el("bdi", { class: "file-name" }, name), el("span", { class: "file-size" }, about)];
  const all = { class: "file", "data-part": "file", ...attributes };
  return el(tag, all, icon(tag === "a" ? "place" : "file"), el("span", { class: "file-words" }, ...words));
}

function mapLink({ latitude, longitude }) {
  const query = new URLSearchParams({ mlat: latitude, mlon: longitude });
  return { href: `${MAP}?${query}#map=16/${+latitude}/${+longitude}`, target: "_blank", rel: "noopener noreferrer" };
}
