/* What agents write: drafts that survive, answers or notes, and the warning when a colleague answered meanwhile. */

const draftKey = (field) => `twinoffice-draft-${field.dataset.draft}`;
const seenKey = (form) => `twinoffice-seen-${form.dataset.conversation}`;
const answerForm = () => document.querySelector("form[data-answer]");
const noteForm = () => document.querySelector("form[data-note]");
let writes = "";

/* The last answer of an agent in the log, as the agent sees it now. */
function answeredSeq() {
  const answers = [...document.querySelectorAll("#log [data-answer-seq]")];
  return answers.at(-1)?.dataset.answerSeq ?? "0";
}

/* An answer is written to what stood there when it was begun, not to what came in while it was typed. */
function noteSeen(form) {
  const field = form.querySelector("textarea");
  if (!field.value) sessionStorage.removeItem(seenKey(form));
  else if (!sessionStorage.getItem(seenKey(form))) sessionStorage.setItem(seenKey(form), answeredSeq());
  form.querySelector("[data-seen]").value = sessionStorage.getItem(seenKey(form)) ?? answeredSeq();
}

function compose(kind) {
  writes = kind;
  for (const form of [answerForm(), noteForm()]) {
    if (form) form.hidden = !form.matches(`[data-${kind}]`);
  }
  for (const choice of document.querySelectorAll("button[data-compose]")) {
    choice.setAttribute("aria-pressed", String(choice.dataset.compose === kind));
  }
}

function restore() {
  for (const field of document.querySelectorAll("textarea[data-draft]")) {
    if (!field.value) field.value = sessionStorage.getItem(draftKey(field)) ?? "";
  }
  const answer = answerForm();
  if (answer) noteSeen(answer);
  if (!noteForm()) return;
  const isMine = document.querySelector("[data-compose=answer]")?.getAttribute("aria-pressed") === "true";
  const hasAnswer = answer && (isMine || answer.querySelector("textarea").value);
  if (writes === "note" && noteForm().querySelector("textarea").value) compose("note");
  else if (hasAnswer) compose("answer");
}

function warn() {
  const dialog = document.getElementById("collision-dialog");
  if (dialog?.querySelector("[data-collision]") && !dialog.open) dialog.showModal();
}

function sendAnyway(dialog) {
  const form = answerForm();
  form.querySelector("[data-read]").value = dialog.querySelector("[data-collision]").dataset.collision;
  dialog.close();
  form.requestSubmit();
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLTextAreaElement) || !field.matches("[data-draft]")) return;
  sessionStorage.setItem(draftKey(field), field.value);
  if (field.form.matches("[data-answer]")) noteSeen(field.form);
});

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const choice = target?.closest("button[data-compose]");
  if (choice) {
    compose(choice.dataset.compose);
    document.querySelector(`form[data-${choice.dataset.compose}] textarea`).focus();
  }
  if (target?.closest("[data-send-anyway]")) sendAnyway(document.getElementById("collision-dialog"));
});

// What was read once is not asked again with the next answer.
document.addEventListener("close", (event) => {
  if (event.target.id === "collision-dialog") document.getElementById("collision").replaceChildren();
}, true);

// Only what was sent leaves the field: an agent may type on while the answer is on its way.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement;
  if (!form.matches?.("form[data-answer], form[data-note]") || !ctx.response.raw.ok) return;
  const field = form.querySelector("textarea");
  const said = ctx.request.body.get("text").replaceAll("\r\n", "\n");
  if (field.value.startsWith(said)) field.value = field.value.slice(said.length);
  sessionStorage.setItem(draftKey(field), field.value);
  if (!form.matches("[data-answer]")) return;
  form.querySelector("[data-read]").value = "0";
  sessionStorage.removeItem(seenKey(form));
  noteSeen(form);
});

document.addEventListener("htmx:after:swap", () => {
  restore();
  warn();
});
document.addEventListener("DOMContentLoaded", restore);
