/* The inbox in the browser: keeps the log's place while parts are replaced, and tells how far it was read. */

const NEAR_END_PX = 80;
let shownConversation = "";
let wasAtEnd = true;
let lastMessage = "";
let customer = "";
let readUntil = 0;
let isTakingOver = false;

const log = () => document.getElementById("log");

function isAtEnd(element) {
  return element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
}

function scrollToEnd() {
  const element = log();
  element.scrollTop = element.scrollHeight;
  document.querySelector("[data-jump]").hidden = true;
}

function openLog(element) {
  shownConversation = element.dataset.conversation;
  readUntil = 0;
  customer = document.querySelector("[data-customer-email]")?.dataset.customerEmail;
  let scrolledTo = 0;
  element.addEventListener("scroll", () => {
    // A picture that takes its room moves the end away; only who scrolls up has left it.
    wasAtEnd = isAtEnd(element) || (wasAtEnd && element.scrollTop >= scrolledTo);
    scrolledTo = element.scrollTop;
    if (wasAtEnd) {
      document.querySelector("[data-jump]").hidden = true;
      tellRead();
    }
  }, { passive: true });
  // On a phone the list that had the focus is gone.
  if (document.activeElement === document.body) document.querySelector("#conversation-head h2").focus();
}

function follow() {
  const element = log();
  if (!element) {
    shownConversation = "";
    return;
  }
  const isNew = element.dataset.conversation !== shownConversation;
  if (isNew) openLog(element);
  const last = element.lastElementChild?.id ?? "";
  if (isNew || (last !== lastMessage && wasAtEnd)) {
    wasAtEnd = true;
    scrollToEnd();
  } else if (last !== lastMessage) {
    document.querySelector("[data-jump]").hidden = false;
  }
  lastMessage = last;
  giveFocus();
  noticeCustomer();
  tellRead();
}

/* Only what is on the screen counts as read: the page is looked at, and its log stands at the end. */
function tellRead() {
  const element = log();
  const last = Number([...element?.querySelectorAll("[data-seq]") ?? []].at(-1)?.dataset.seq ?? 0);
  if (!element || document.hidden || !wasAtEnd || last <= readUntil) return;
  readUntil = last;
  const body = new URLSearchParams({ seq: last, csrf_token: document.querySelector("input[name=csrf_token]").value });
  fetch(`/staff/conversations/${element.dataset.conversation}/read`, { method: "POST", body }).catch(() => {
    readUntil = 0;
  });
}

/** The live news may bring the field before the answer to "take over" does, and then the answer has nothing to swap. */
function giveFocus() {
  const field = document.querySelector("form[data-answer]:not([hidden]) textarea");
  if (!isTakingOver || !field) return;
  isTakingOver = false;
  field.focus();
}

function noticeCustomer() {
  const now = document.querySelector("[data-customer-email]")?.dataset.customerEmail;
  if (now !== customer) {
    customer = now;
    document.body.dispatchEvent(new CustomEvent("customer-changed"));
  }
}

document.addEventListener("submit", (event) => {
  isTakingOver = event.target.id.startsWith("take-over-");
});

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-jump]")) {
    scrollToEnd();
    log().focus();
  }
});

// A picture takes its room only when it has come.
document.addEventListener("load", (event) => {
  if (event.target instanceof HTMLImageElement && event.target.closest("#log") && wasAtEnd) scrollToEnd();
}, true);

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.response.raw.ok) return;
  if (ctx.sourceElement.matches?.("form[data-answer], form[data-note]")) wasAtEnd = true;
  const menu = ctx.sourceElement.closest?.("details.menu");
  if (menu) menu.open = false;
});

// What an agent has open stays so while the page is brought up to date around it. htmx asks extensions, and only them.
const KEEP_OPEN = {
  htmx_before_morph_node: (element) => !element.matches?.("details.menu[open], .suggestions"),
  htmx_before_morph_attr: (element, { attrName }) => attrName !== "open" || !element.matches(".fact, .line-edits, dialog"),
};

document.addEventListener("visibilitychange", tellRead);
document.addEventListener("htmx:after:swap", follow);
document.addEventListener("DOMContentLoaded", () => {
  window.htmx.registerExtension("keep-open", KEEP_OPEN);
  follow();
});
