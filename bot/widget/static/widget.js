/*
 * Twinoffice chat widget: the script a shop puts on its pages.
 *
 *   <script src="https://chat.example.com/widget.js" async data-language="cs" data-heading="Lumen &amp; Oak"></script>
 *
 * adds one <twinoffice-chat> at the end of the page, unless the page already has one written by hand:
 *
 *   <twinoffice-chat language="cs" heading="Lumen &amp; Oak"></twinoffice-chat>
 *
 * Options, all optional: language (a wish: what the customer chose rules), heading, identity (docs/identity.md),
 * appearance (light, dark, auto), mode (bubble; inline: part of the page where the element stands, or inside the
 * element that data-target="#id" names; page: all of the window).
 *
 * Colours and place come from the company's settings, or from the page:
 *   twinoffice-chat { --twinoffice-accent: #7a3e1d; --twinoffice-on-accent: #fff; --twinoffice-radius: 8px;
 *                     --twinoffice-inset-block: 20px; --twinoffice-inset-inline: 20px; --twinoffice-z-index: 9000 }
 *
 * Calls, from the moment this script has run: Twinoffice.open(draft), close(), toggle(), setLocale("cs"),
 * setUser(identity or null), setAttributes({email: "…"}) (answers to the form before the chat), reset(). The event
 * twinoffice:ready on the document says that the chat is there. Any element with data-twinoffice-open opens it on
 * click; a value of the attribute is put into the composer.
 *
 * What tests and shop scripts may rely on (the shadow root is open; texts differ by language, these do not):
 *
 *   twinoffice-chat[data-ready]                  texts and style have arrived
 *   twinoffice-chat[data-state=open|closed]
 *   twinoffice-chat[data-connection=idle|connecting|live|polling|reconnecting]
 *   twinoffice-chat[data-owner=bot|queue|human|closed], [data-language=cs]
 *   [data-part=launcher] the bubble              [data-part=unread] number of unread messages on it
 *   [data-part=teaser] a proactive message       [data-part=teaser-open] [data-part=teaser-close]
 *   [data-part=panel] the dialog                 [data-part=connection] text while not connected
 *   [data-part=office] closed, back at …         [data-part=queue] place and wait
 *   [data-part=log] role=log, the messages       [data-part=typing][data-author] someone is writing
 *   [data-part=message][data-author=customer|bot|agent|system][data-status=sending|failed|refused|sent][data-read]
 *        with [data-seq] once the server has it  [data-client-message-id] on the customer's own
 *   [data-part=text] the text of a message       [data-part=retry] the button on a failed one
 *   [data-part=file] a file, with [data-part=preview] when it is a picture
 *   [data-part=buttons] button[data-button-id]   quick replies, only while they can still be answered
 *   [data-part=notice][data-notice=owner-bot|owner-queue|owner-human|owner-closed|session-lost|
 *        identity-required]
 *   [data-part=composer] the text field          [data-part=send] [data-part=attach] [data-part=emoji]
 *   [data-part=upload][data-state=sending|ready|refused]
 *   [data-part=latest] jump to the newest message
 *   [data-part=menu] [data-part=pop-out] [data-part=close]; [data-part=view][data-view=menu|form|conversations|
 *        articles|article|tickets|transcript|rating] with [data-part=back]; [data-part=menu-…] what the menu offers
 */
(() => {
  "use strict";

  const script = document.currentScript;
  const waiting = []; // calls that came before there was anybody to take them
  const take = (call) => waiting.push(call);
  const page = { take };
  const names = ["open", "close", "toggle", "setLocale", "setUser", "setAttributes", "reset"];
  window.Twinoffice = Object.fromEntries(names.map((name) => [name, (...values) => page.take([name, values])]));

  document.addEventListener("click", (event) => {
    const opener = event.target instanceof Element && event.target.closest("[data-twinoffice-open]");
    if (!opener) return;
    event.preventDefault();
    page.take(["open", [opener.dataset.twinofficeOpen, opener]]);
  });

  // A script of another host has no address of its own to import from.
  void import(new URL("widget/modules/element.js", script.src).href).then(({ embed }) => embed(script, page, waiting));
})();
