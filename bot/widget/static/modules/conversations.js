/* All conversations of this customer, the newest first. */

import { button, el } from "./dom.js";
import { carryOut, note } from "./note.js";

export async function conversationsView(chat) {
  const { api, conversation, settings } = chat;
  const problem = note();
  const open = (id) =>
    carryOut(
      chat,
      problem,
      async () => {
        await conversation.switchTo(id);
        chat.views.close();
      },
      "",
    );
  const entries = (await api.get("conversations", conversation.token)).map((each) => listed(each, chat, open));
  return {
    title: settings.get("conversations"),
    node: el("div", {}, problem, el("ul", { class: "menu" }, ...entries)),
  };
}

function listed({ id, title, last_text: lastText, last_at: lastAt, unread }, { conversation, settings }, open) {
  const day = lastAt ? settings.shortDay(new Date(lastAt)) : "";
  const choose = button("conversation", "entry", () => void open(id));
  choose.append(
    el("strong", { dir: "auto" }, title || settings.get("new_conversation")),
    el("span", { class: "soft", dir: "auto" }, lastText ?? ""),
    el("span", { class: "soft" }, unread ? `${day} · ${settings.get("unread", { count: unread })}` : day),
  );
  if (id === conversation.id) choose.setAttribute("aria-current", "true");
  return el("li", {}, choose);
}
