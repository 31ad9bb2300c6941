/* The inbox in the browser: keeps the log's place, the text being typed, and the focus while parts are replaced. */

const NEAR_END_PX = 80;
let shownConversation = "";
let wasAtEnd = true;
let lastMessage = "";
let customer = "";
let isTakingOver = false;

const log = () => document.getElementById("log");
const draftKey = (field) => `twinoffice-draft-${field.dataset.draft}`;

function isAtEnd(element) {
  return element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
}

function scrollToEnd() {
  const element = log();
  element.scrollTop = element.scrollHeight;
  document.querySelector("[data-jump]").hidden = true;
}

function restoreDraft() {
  const field = document.querySelector("textarea[data-draft]");
  if (field && !field.value) field.value = sessionStorage.getItem(draftKey(field)) ?? "";
}

function openLog(element) {
  shownConversation = element.dataset.conversation;
  customer = document.querySelector("[data-customer-email]")?.dataset.customerEmail;
  element.addEventListener("scroll", () => {
    wasAtEnd = isAtEnd(element);
    if (wasAtEnd) document.querySelector("[data-jump]").hidden = true;
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
  restoreDraft();
  giveFocus();
  noticeCustomer();
}

/** The live news may bring the field before the answer to "take over" does, and then the answer has nothing to swap. */
function giveFocus() {
  const field = document.querySelector("textarea[data-draft]");
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

document.addEventListener("input", (event) => {
  if (event.target instanceof Element && event.target.matches("textarea[data-draft]")) {
    sessionStorage.setItem(draftKey(event.target), event.target.value);
  }
});

document.addEventListener("submit", (event) => {
  isTakingOver = event.target.id.startsWith("take-over-");
});

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-jump]")) {
    scrollToEnd();
    log().focus();
  }
});

// Only what was sent leaves the field: an agent may type on while the answer is on its way.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (!ctx.sourceElement.matches?.("form[data-answer]") || !ctx.response.raw.ok) return;
  const field = ctx.sourceElement.querySelector("textarea");
  const said = ctx.request.body.get("text").replaceAll("\r\n", "\n");
  if (field.value.startsWith(said)) field.value = field.value.slice(said.length);
  sessionStorage.setItem(draftKey(field), field.value);
  wasAtEnd = true;
});

document.addEventListener("htmx:after:swap", follow);
document.addEventListener("DOMContentLoaded", follow);
