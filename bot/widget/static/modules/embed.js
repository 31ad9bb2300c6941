/* Puts the element on the page, and hands it what the page calls. */

const OPTIONS = ["language", "heading", "identity", "appearance", "mode", "handed"];

/** page.take([name, values]) is how calls arrive; those of waiting came before. */
export function embedIn(script, page, waiting) {
  const find = () => document.querySelector("twinoffice-chat");
  const start = () => {
    if (!find()) place(script?.dataset ?? {});
    page.take = ([name, values]) => find()?.[name](...values);
    waiting.forEach(page.take);
  };
  if (document.readyState !== "loading") start();
  else document.addEventListener("DOMContentLoaded", start, { once: true });
}

function place(options) {
  const chat = document.createElement("twinoffice-chat");
  for (const option of OPTIONS) if (options[option]) chat.setAttribute(option, options[option]);
  (document.querySelector(options.target ?? "body") ?? document.body).append(chat);
}
