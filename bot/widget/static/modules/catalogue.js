/* All views by name. */

import { articleView, articlesView } from "./articles.js";
import { conversationsView } from "./conversations.js";
import { formView } from "./form.js";
import { menuView } from "./menu.js";
import { note } from "./note.js";
import { ratingView } from "./rating.js";
import { ticketsView } from "./tickets.js";
import { transcriptView } from "./transcript.js";

const VIEWS = {
  menu: menuView,
  form: formView,
  conversations: conversationsView,
  articles: articlesView,
  article: articleView,
  tickets: ticketsView,
  transcript: transcriptView,
  rating: ratingView,
};

/** A view as {title, node, focus?}; when the server does not answer, one that says so. */
export async function makeView(chat, name, ...values) {
  try {
    return await VIEWS[name](chat, ...values);
  } catch (error) {
    if (error.isPassing === undefined) throw error;
    return { title: chat.settings.firstOf(name, "articles"), node: note(chat.settings.get("view_failed")) };
  }
}
