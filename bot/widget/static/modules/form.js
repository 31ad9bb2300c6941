/* The form before the chat: the fields the company set, checked here and by the server. */

import { el } from "./dom.js";
import { languagePicker } from "./language.js";

const EMAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** refused: what the server found wrong, {name: code}. */
export function formView(chat, refused) {
  const { settings } = chat;
  const fields = settings.config.pre_chat.map((field, index) => fieldOf(field, index, chat));
  const written = () => Object.fromEntries(fields.map(({ name, value }) => [name, value()]).filter(([, value]) => value));
  const submit = async (event) => {
    event.preventDefault();
    const wrong = fields.filter((field) => !field.check());
    if (wrong.length) return wrong[0].control.focus();
    await chat.begin(written());
  };
  const node = el(
    "form",
    { class: "sheet", novalidate: "", "data-part": "pre-chat", onsubmit: (event) => void submit(event) },
    languagePicker(chat, () => chat.keepAnswers(written())),
    el("p", {}, settings.get("pre_chat_intro")),
    ...fields.map((field) => field.node),
    el("button", { type: "submit", class: "primary", "data-part": "pre-chat-send" }, settings.get("form_begin")),
  );
  for (const field of fields) if (refused[field.name]) field.complain(refused[field.name]);
  const focus = (fields.find(({ name }) => refused[name]) ?? fields[0])?.control;
  return { title: settings.get("form"), node, focus };
}

function fieldOf(field, index, { settings, answersKnown }) {
  const { name, kind, required, label } = field;
  const ids = { id: `field-${index}`, "aria-describedby": `field-${index}-error`, "data-field": name };
  const control = controlOf(field, { ...ids, ...(required && { "aria-required": "true" }) }, settings);
  if (kind === "consent") control.checked = answersKnown[name] === true;
  else control.value = answersKnown[name] ?? "";
  if (control.selectedIndex < 0) control.value = ""; // chosen in another language
  const error = el("span", { class: "wrong", id: `field-${index}-error` });
  const words = el("span", {}, el("bdi", {}, label), !required && el("span", { class: "soft" }, ` ${settings.get("form_optional")}`));
  const parts = kind === "consent" ? [el("span", { class: "consent" }, control, words)] : [words, control];
  const value = () => (kind === "consent" ? control.checked : control.value.trim());
  const complain = (code) => {
    error.textContent = code ? settings.firstOf(`field_${code}`, "field_invalid") : "";
    control.setAttribute("aria-invalid", String(Boolean(code)));
    return !code;
  };
  const check = () => complain(problemOf(kind, required, value()));
  // A complaint goes as soon as it is mended; none comes before the form is sent, which would move what is clicked on.
  control.addEventListener("input", () => control.ariaInvalid === "true" && check());
  return { name, control, value, check, complain, node: el("label", {}, ...parts, error) };
}

function problemOf(kind, isRequired, value) {
  if (!value) return isRequired ? "required" : null;
  return kind === "email" && !EMAIL.test(value) ? "email" : null;
}

function controlOf({ kind, choices }, attributes, settings) {
  if (kind === "long_text") return el("textarea", { ...attributes, rows: "3", dir: "auto", maxlength: "2000" });
  if (kind === "choice") {
    const first = el("option", { value: "" }, settings.get("form_choose"));
    return el("select", attributes, first, ...choices.map((choice) => el("option", { value: choice }, choice)));
  }
  if (kind === "consent") return el("input", { ...attributes, type: "checkbox" });
  if (kind === "email")
    return el("input", { ...attributes, type: "email", autocomplete: "email", dir: "ltr", maxlength: "320" });
  return el("input", { ...attributes, type: "text", dir: "auto", maxlength: "200" });
}
