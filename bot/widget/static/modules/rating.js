/* How the customer liked it: one to five stars and a few words. */

import { el } from "./dom.js";
import { carryOut, note } from "./note.js";

const BEST = 5;
const COMMENT_LIMIT = 1000;

export function ratingView(chat) {
  const { api, conversation, settings } = chat;
  const state = note();
  const stars = Array.from({ length: BEST }, (_, index) => star(index + 1, settings));
  const comment = el("textarea", {
    rows: "3",
    maxlength: String(COMMENT_LIMIT),
    dir: "auto",
    "data-part": "rating-comment",
  });
  const rate = async (event) => {
    event.preventDefault();
    const chosen = stars.map((each) => each.querySelector("input")).find((each) => each.checked);
    if (!chosen) {
      state.textContent = settings.get("rating_choose");
      stars[0].querySelector("input").focus();
      return;
    }
    const body = { score: Number(chosen.value), comment: comment.value.trim() };
    const post = () => api.post("rating", body, conversation.token);
    if (await carryOut(chat, state, post, settings.get("rating_thanks"))) form.querySelector("button").disabled = true;
  };
  const form = el(
    "form",
    { class: "sheet", "data-part": "rating-form", onsubmit: (event) => void rate(event) },
    el("fieldset", { class: "stars" }, el("legend", {}, settings.get("rating_question")), ...stars),
    el("label", {}, el("span", {}, settings.get("rating_comment")), comment),
    el("button", { type: "submit", class: "primary", "data-part": "rating-send" }, settings.get("rating_send")),
    state,
  );
  return { title: settings.get("rating"), node: form };
}

function star(score, settings) {
  const name = settings.get("rating_stars", { count: score });
  return el(
    "label",
    { class: "star", title: name },
    el("input", { type: "radio", name: "score", value: String(score), "aria-label": name }),
    el("span", { "aria-hidden": "true" }, "★"),
  );
}
