/* What every staff page does in the browser beside htmx: menus, dialogs, notices, and the answer to failed requests. */

const FADE_MS = 6000;

function show(templateId) {
  document.getElementById("flash").replaceChildren(document.getElementById(templateId).content.cloneNode(true));
}

function fadeNotices() {
  for (const flash of document.querySelectorAll("#flash [data-fades]")) {
    setTimeout(() => flash.remove(), FADE_MS);
  }
}

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (!target) return;
  target.closest("[data-dismiss]")?.closest(".flash")?.remove();
  const opener = target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog).showModal();
  if (target.closest("[data-close-dialog]")) target.closest("dialog").close();
  const toggle = target.closest("[data-toggle]");
  if (toggle) document.getElementById(toggle.dataset.toggle).toggleAttribute("data-shown");
  for (const menu of document.querySelectorAll("details[data-closes][open]")) {
    if (!menu.contains(target)) menu.open = false;
  }
});

// htmx 4.0.1 prevents the default of every click on its links; a modified click must still open a new tab.
document.addEventListener("click", (event) => {
  const isModified = event.ctrlKey || event.metaKey || event.shiftKey;
  if (isModified && event.target instanceof Element && event.target.closest("a[href]")) event.stopPropagation();
}, true);

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target instanceof HTMLTextAreaElement) {
    event.preventDefault();
    event.target.form?.requestSubmit();
  }
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details[data-closes][open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
    for (const shown of document.querySelectorAll("[data-shown]")) shown.removeAttribute("data-shown");
  }
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.raw.ok) ctx.sourceElement.closest?.("dialog")?.close();
});

document.addEventListener("htmx:after:swap", fadeNotices);

// An answer without pieces of a page (a failed CSRF check, a busy database) says what happened in general words.
document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  if (ctx.hx?.redirect || ctx.text?.includes("<hx-partial")) return;
  ctx.swap = "none";
  if (ctx.response.raw.headers.get("Content-Type")?.includes("text/html")) return;
  show(ctx.response.status === 403 ? "flash-stale" : "flash-failed");
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx) show("flash-offline");
});

document.addEventListener("htmx:sse:error", (event) => {
  // The log-in is over: the page itself leads to the log-in.
  if (event.detail.status === 401) location.reload();
  document.getElementById("offline").hidden = false;
});

document.addEventListener("htmx:sse:after:connection", () => {
  document.getElementById("offline").hidden = true;
});
