/* Files that an agent adds to an answer: chosen, pasted or dropped; each is sent at once and named by the answer. */

const composer = () => document.querySelector("form[data-answer]");
const uploads = () => document.querySelector("[data-uploads]");

function icon(label, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "upload-remove";
  button.ariaLabel = label;
  button.textContent = "×";
  button.addEventListener("click", act);
  return button;
}

async function send(form, file) {
  const picker = form.querySelector("[data-files]");
  const row = document.createElement("li");
  const name = document.createElement("bdi");
  const state = document.createElement("progress");
  const abort = new AbortController();
  name.textContent = file.name;
  row.append(name, state, icon(`${picker.dataset.remove}: ${file.name}`, () => {
    abort.abort();
    row.remove();
  }));
  uploads().append(row);
  form.dataset.uploading = Number(form.dataset.uploading ?? 0) + 1;
  try {
    const answer = await fetch(`${picker.dataset.upload}?name=${encodeURIComponent(file.name)}`, {
      method: "POST",
      body: file,
      signal: abort.signal,
      headers: { "Content-Type": "application/octet-stream", "X-CSRF-Token": form.elements.csrf_token.value },
    });
    const told = await answer.json();
    if (!answer.ok) throw new Error(told.message ?? picker.dataset.failed);
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "attachments", value: told.id });
    field.setAttribute("form", uploads().dataset.uploads);
    state.replaceWith(field);
  } catch (error) {
    const why = document.createElement("span");
    why.className = "field-error";
    why.textContent = error instanceof TypeError || error instanceof SyntaxError ? picker.dataset.failed : error.message;
    state.replaceWith(why);
  } finally {
    form.dataset.uploading = Number(form.dataset.uploading) - 1;
    if (form.dataset.waits && form.dataset.uploading === "0") {
      delete form.dataset.waits;
      form.requestSubmit();
    }
  }
}

function take(files) {
  const form = composer();
  if (form) for (const file of files) send(form, file);
}

document.addEventListener("click", (event) => {
  if (event.target instanceof Element && event.target.closest("[data-pick]")) composer().querySelector("[data-files]").click();
});

document.addEventListener("change", (event) => {
  if (!(event.target instanceof Element) || !event.target.matches("[data-files]")) return;
  take(event.target.files);
  event.target.value = "";
});

document.addEventListener("paste", (event) => {
  const files = event.clipboardData?.files;
  if (!files?.length || !(event.target instanceof Element) || !event.target.closest("form[data-answer]")) return;
  event.preventDefault();
  take(files);
});

document.addEventListener("dragover", (event) => {
  if (event.dataTransfer?.types.includes("Files") && composer()) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  if (!event.dataTransfer?.files.length || !composer()) return;
  event.preventDefault();
  take(event.dataTransfer.files);
});

// An answer waits for its files.
document.addEventListener("htmx:before:request", (event) => {
  const form = event.detail.ctx.sourceElement;
  if (!form.matches?.("form[data-answer]") || !Number(form.dataset.uploading ?? 0)) return;
  event.preventDefault();
  form.dataset.waits = "yes";
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement.matches?.("form[data-answer]") && ctx.response.raw.ok) {
    uploads().replaceChildren();
  }
});
