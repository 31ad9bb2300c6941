/* One message on the screen: who, text, files, quick replies, and how far it is. */

import { fileCard } from "./attachment.js";
import { button, el, icon } from "./dom.js";
import { linked } from "./links.js";

/** Without what fillMessage fills in. actions: retry(message), choose(button), open(attachment), preview(attachment, place) */
export function messageNode(message, actions) {
  const { author, text, clientMessageId } = message;
  const replies = message.buttons.map((reply) => replyButton(reply, actions));
  return el(
    "div",
    { class: "message", "data-part": "message", "data-author": author, "data-client-message-id": clientMessageId },
    el("p", { class: "author" }),
    text && el("div", { class: "bubble", "data-part": "text", dir: "auto" }, ...linked(text)),
    el("div", { class: "files" }),
    el("div", { class: "replies", "data-part": "buttons", role: "group" }, ...replies),
    el("p", { class: "meta" }),
  );
}

/** What changes after a message is there: its number, its state, the language of what we say about it. */
export function fillMessage(node, message, settings, actions) {
  node.dataset.status = message.status;
  node.toggleAttribute("data-read", message.isRead === true);
  if (message.seq !== undefined) node.dataset.seq = message.seq;
  node.querySelector(".author").textContent = settings.get(`author_${message.author}`);
  node.querySelector(".meta").replaceChildren(...meta(message, settings, actions));
  node.querySelector(".replies")?.setAttribute("aria-label", settings.get("quick_replies"));
  fillFiles(node.querySelector(".files"), message, settings, actions);
}

/** Files are drawn once for each state and language: a picture must not flicker when its message gets a number. */
function fillFiles(place, { attachments }, settings, actions) {
  const shown = `${settings.language} ${attachments.map(({ id, state }) => id + state)}`;
  if (place.dataset.shown === shown) return;
  place.dataset.shown = shown;
  place.replaceChildren(...attachments.map((attachment) => fileCard(attachment, settings, actions)));
}

function replyButton(reply, actions) {
  return el(
    "button",
    { type: "button", dir: "auto", "data-button-id": reply.id, onclick: () => actions.choose(reply) },
    reply.title,
  );
}

function meta(message, settings, actions) {
  if (message.status === "sent") return sentMeta(message, settings);
  if (message.status === "sending") return [settings.get("message_sending")];
  const reason = `error_${message.reason}`;
  if (message.status === "refused") return [settings.firstOf(reason, "error_refused")];
  const retry = button("retry", "quiet", () => actions.retry(message), settings.get("message_retry"));
  return [settings.firstOf(reason, "message_failed"), " ", retry];
}

function sentMeta({ author, at, isRead }, settings) {
  const mark = isRead ? "read" : "sent";
  return [
    el("time", { datetime: at }, settings.time(new Date(at))),
    ...(author === "customer" ? [icon(mark, settings.get(`message_${mark}`))] : []),
  ];
}
