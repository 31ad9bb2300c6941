/* The choice of the chat's language, in the menu and in the form before the chat. */

import { el } from "./dom.js";

/** leaving() is called before everything is shown in the chosen language. */
export function languagePicker(chat, leaving = () => {}) {
  const { settings } = chat;
  const options = settings.config.languages.map(({ code, name }) =>
    el("option", { value: code, lang: code, selected: code === settings.language && "" }, name),
  );
  const choose = () => {
    leaving();
    void chat.chooseLanguage(picker.value);
  };
  const picker = el("select", { "data-part": "language", onchange: choose }, ...options);
  return el("label", { class: "setting" }, el("span", {}, settings.get("language")), picker);
}
