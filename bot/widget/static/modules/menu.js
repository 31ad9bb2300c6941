/* The menu: everything there is beside the messages. */

import { button, el } from "./dom.js";
import { languagePicker } from "./language.js";

export function menuView(chat) {
  const { settings, views } = chat;
  const { config } = settings;
  const entry = (name, onclick) =>
    el("li", {}, button(`menu-${name.replace("_", "-")}`, "entry", onclick, settings.get(name)));
  const view = (name) => entry(name, () => void views.open(name));
  const list = el(
    "ul",
    { class: "menu" },
    entry("new_conversation", () => {
      views.close();
      void chat.conversation.startNew();
    }),
    view("conversations"),
    config.has_articles && view("articles"),
    view("tickets"),
    config.has_transcript && view("transcript"),
    config.has_rating && view("rating"),
    config.telegram && entry("telegram", () => void openTelegram(chat)),
  );
  return { title: settings.get("menu"), node: el("div", {}, list, languagePicker(chat), soundSwitch(chat)) };
}

/** The window is opened at once: browsers allow that only as the answer to a click. */
async function openTelegram({ api, conversation }) {
  const window = open("", "_blank");
  try {
    const { url } = await api.post("telegram-link", {}, conversation.token);
    if (window) {
      window.opener = null;
      window.location.replace(url);
    }
  } catch (error) {
    window?.close();
    if (error.isPassing === undefined) throw error;
  }
}

function soundSwitch({ alerts, settings }) {
  const box = el("input", {
    type: "checkbox",
    role: "switch",
    "data-part": "sound",
    checked: alerts.isSoundOn && "",
    onchange: () => alerts.turnSound(box.checked),
  });
  return el("label", { class: "setting" }, el("span", {}, settings.get("sound")), box);
}
