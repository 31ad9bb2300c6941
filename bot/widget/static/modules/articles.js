/* Help articles: found by words, read without leaving the chat. */

import { button, el } from "./dom.js";
import { markdown } from "./markdown.js";
import { note } from "./note.js";

const PAUSE_MS = 300; // after the last key, before we look

export async function articlesView(chat) {
  const { settings } = chat;
  const list = el("ul", { class: "menu" });
  const status = note();
  let asked = 0;
  const look = async () => {
    const now = (asked += 1);
    const found = await search(chat, field.value.trim());
    if (now !== asked) return;
    list.replaceChildren(...found.map((article) => hit(article, chat)));
    status.textContent = found.length ? "" : settings.get("articles_none");
  };
  let timer;
  const field = el("input", {
    type: "search",
    "data-part": "article-search",
    "aria-label": settings.get("articles_search"),
    placeholder: settings.get("articles_search"),
    dir: "auto",
    oninput: () => {
      clearTimeout(timer);
      timer = setTimeout(() => void look(), PAUSE_MS);
    },
  });
  await look();
  return { title: settings.get("articles"), node: el("div", {}, field, status, list), focus: field };
}

export async function articleView({ api, conversation }, slug) {
  const { title, sections } = await api.get(`articles/${encodeURIComponent(slug)}`, conversation.token);
  const parts = sections.flatMap(({ heading, text }) => [heading && el("h4", {}, heading), ...markdown(text)]);
  return { title, node: el("div", { class: "article", "data-part": "article", dir: "auto" }, ...parts) };
}

async function search({ api, conversation }, query) {
  return api.get(`articles?${new URLSearchParams({ query })}`, conversation.token);
}

function hit({ slug, title, text }, { views }) {
  const choose = button("article-entry", "entry", () => void views.open("article", slug));
  choose.append(el("strong", { dir: "auto" }, title), el("span", { class: "soft", dir: "auto" }, text ?? ""));
  return el("li", {}, choose);
}
