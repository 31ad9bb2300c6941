/* What the composer offers while one types: prepared answers after a slash, colleagues after an at sign. */

const FRESH_MS = 30_000;
const MOST = 8;
const BEGINNING = { replies: /(?:^|\s)\/([\p{L}\p{N}_-]*)$/u, colleagues: /(?:^|[^\p{L}\p{N}.])@([\p{L}\p{N}_. -]{0,30})$/u };
const offered = { from: "", at: 0, known: null };
let field = null;
let chosen = -1;

const list = () => document.querySelector("[data-suggestions]");
const isOpen = () => Boolean(list() && !list().hidden);

function close() {
  if (list()) list().hidden = true;
  field?.removeAttribute("aria-activedescendant");
  chosen = -1;
}

async function load(address) {
  if (offered.from !== address || Date.now() - offered.at > FRESH_MS) {
    const answer = await fetch(address);
    if (!answer.ok) return null;
    Object.assign(offered, { from: address, at: Date.now(), known: await answer.json() });
  }
  return offered.known;
}

function typed() {
  return BEGINNING[field.dataset.suggests].exec(field.value.slice(0, field.selectionStart));
}

function fitting(known, word) {
  const wanted = word.toLocaleLowerCase();
  if (field.dataset.suggests === "colleagues") {
    return known.colleagues.filter((name) => name.toLocaleLowerCase().startsWith(wanted)).map((name) => ({ title: `@${name}`, text: `@${name} ` }));
  }
  const begins = (reply) => Number(!reply.shortcut.startsWith(wanted));
  return known.replies
    .filter((reply) => reply.shortcut.includes(wanted) || reply.text.toLocaleLowerCase().includes(wanted))
    .sort((one, other) => begins(one) - begins(other))
    .map((reply) => ({ title: `/${reply.shortcut}`, text: reply.text, language: reply.language }));
}

function show(choices) {
  const options = choices.slice(0, MOST).map((choice, number) => {
    const option = document.createElement("li");
    const title = document.createElement("strong");
    const text = document.createElement("span");
    option.id = `suggestion-${number}`;
    option.role = "option";
    option.dataset.text = choice.text;
    title.textContent = choice.title;
    title.dir = "auto";
    text.textContent = choice.language ? choice.text : "";
    text.dir = "auto";
    if (choice.language) text.lang = choice.language;
    option.append(title, text);
    return option;
  });
  list().replaceChildren(...options);
  list().hidden = options.length === 0;
  mark(options.length ? 0 : -1);
}

function mark(number) {
  const options = [...list().children];
  chosen = number;
  options.forEach((option, place) => option.setAttribute("aria-selected", String(place === number)));
  if (number < 0) return;
  field.setAttribute("aria-activedescendant", options[number].id);
  options[number].scrollIntoView({ block: "nearest" });
}

/* Puts the text in place of what was typed, and the caret on the first gap that is still to be filled. */
function take(option) {
  const from = field.selectionStart - typed()[1].length - 1;
  field.setRangeText(option.dataset.text, from, field.selectionStart, "end");
  const gap = /\{(name|agent|order|ticket)\}/.exec(field.value);
  if (gap) field.setSelectionRange(gap.index, gap.index + gap[0].length);
  close();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

document.addEventListener("input", async (event) => {
  if (!(event.target instanceof Element) || !event.target.matches("textarea[data-suggests]")) return;
  field = event.target;
  if (!typed()) return close();
  const known = await load(list().dataset.suggestions);
  const found = typed();
  if (known && found) show(fitting(known, found[1]));
});

document.addEventListener("keydown", (event) => {
  if (!isOpen() || event.target !== field || event.ctrlKey || event.metaKey) return;
  const count = list().children.length;
  if (event.key === "ArrowDown") mark((chosen + 1) % count);
  else if (event.key === "ArrowUp") mark((chosen + count - 1) % count);
  else if (event.key === "Enter" || event.key === "Tab") take(list().children[chosen]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

document.addEventListener("mousedown", (event) => {
  const option = event.target instanceof Element ? event.target.closest("[data-suggestions] > li") : null;
  if (!option) return;
  event.preventDefault();
  take(option);
});

document.addEventListener("focusout", (event) => {
  if (event.target === field) close();
});
