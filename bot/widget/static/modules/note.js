/* A line in a view that says how something went; screen readers read it out. */

import { el } from "./dom.js";

export function note(text = "") {
  return el("p", { class: "note", role: "status", "data-part": "note" }, text);
}

/** Runs work of a form; the note says done, or that it has to be tried again; true when it was done. */
export async function carryOut(chat, place, work, done) {
  place.textContent = "";
  try {
    await work();
  } catch (error) {
    if (error.isPassing === undefined) throw error;
    place.textContent = chat.settings.get(error.status === 429 ? "view_too_often" : "view_failed");
    return false;
  }
  place.textContent = done;
  return true;
}
