/* The customer's own tickets and how far they are. */

import { el } from "./dom.js";
import { note } from "./note.js";

export async function ticketsView({ api, conversation, settings }) {
  const tickets = await api.get("tickets", conversation.token);
  const cards = tickets.map((ticket) => card(ticket, settings));
  const node = cards.length ? el("ul", { class: "cards" }, ...cards) : note(settings.get("tickets_none"));
  return { title: settings.get("tickets"), node };
}

function card({ number, subject, state, updated_at: updatedAt }, settings) {
  return el(
    "li",
    { class: "card", "data-part": "ticket", "data-state": state },
    el("span", { class: "soft" }, el("bdi", {}, number)),
    el("strong", { dir: "auto" }, subject),
    el("span", {}, settings.firstOf(`ticket_${state}`, "ticket_open")),
    updatedAt
      ? el("span", { class: "soft" }, settings.get("ticket_updated", { day: settings.shortDay(new Date(updatedAt)) }))
      : "",
  );
}
