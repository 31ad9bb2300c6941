/*
 * Twinoffice chat widget: the script a shop puts on its pages.
 *
 *   <script src="/widget.js" async data-language="cs" data-heading="Lumen &amp; Oak"></script>
 *
 * adds one <twinoffice-chat> at the end of the page, unless the page already has one written by hand:
 *
 *   <twinoffice-chat language="cs" heading="Lumen &amp; Oak"></twinoffice-chat>
 *
 * All options are optional. The language is a wish for a new conversation; once there is one, its own
 * language rules. The accent colour comes from the page: twinoffice-chat { --twinoffice-accent: #7a3e1d;
 * --twinoffice-on-accent: #fff }.
 *
 * Who the customer is, signed by the shop (docs/identity.md): data-identity="<token>" here, identity="…" there,
 * or at any time Twinoffice.setUser("<token>"), and Twinoffice.setUser(null) when they sign out.
 *
 * Any element of the page with data-twinoffice-open opens the chat on click; a value of the attribute is
 * put into the composer, for the customer to send or change. From script: element.open(), element.close().
 *
 * What tests and shop scripts may rely on (the shadow root is open; texts differ by language, these do not):
 *
 *   twinoffice-chat[data-ready]                  texts and style have arrived
 *   twinoffice-chat[data-state=open|closed]
 *   twinoffice-chat[data-connection=idle|connecting|live|polling|reconnecting]
 *   twinoffice-chat[data-owner=bot|queue|human|closed], [data-language=cs]
 *   [data-part=launcher] the bubble              [data-part=unread] number of unread messages on it
 *   [data-part=panel] the dialog                 [data-part=connection] text while not connected
 *   [data-part=log] role=log, the messages       [data-part=typing][data-author] someone is writing
 *   [data-part=message][data-author=customer|bot|agent|system][data-status=sending|failed|refused|sent]
 *        with [data-seq] once the server has it  [data-client-message-id] on the customer's own
 *   [data-part=text] the text of a message       [data-part=retry] the button on a failed one
 *   [data-part=buttons] button[data-button-id]   quick replies, only while they can still be answered
 *   [data-part=notice][data-notice=owner-bot|owner-queue|owner-human|owner-closed|session-lost|
 *        identity-required]
 *   [data-part=composer] the text field          [data-part=send]
 *   [data-part=latest] jump to the newest message
 *   [data-part=new-conversation] [data-part=confirm-new] [data-part=cancel-new] [data-part=close]
 */
(() => {
  "use strict";

  const script = document.currentScript;
  let user; // undefined until the page says who it is

  window.Twinoffice = {
    setUser(identity) {
      user = identity;
      document.querySelector("twinoffice-chat")?.setUser?.(identity);
    },
  };

  function start() {
    if (!document.querySelector("twinoffice-chat")) embed();
    if (user !== undefined) document.querySelector("twinoffice-chat").setUser(user);
  }

  function embed() {
    const chat = document.createElement("twinoffice-chat");
    for (const option of ["language", "heading", "identity"]) {
      const value = script?.dataset[option];
      if (value) chat.setAttribute(option, value);
    }
    document.body.append(chat);
  }

  document.addEventListener("click", (event) => {
    const opener = event.target instanceof Element && event.target.closest("[data-twinoffice-open]");
    if (!opener) return;
    event.preventDefault();
    document.querySelector("twinoffice-chat")?.open?.(opener.dataset.twinofficeOpen, opener);
  });

  void import("./widget/modules/element.js").then(() => {
    if (document.body) start();
    else document.addEventListener("DOMContentLoaded", start, { once: true });
  });
})();
