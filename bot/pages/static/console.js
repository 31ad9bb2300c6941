/* The console's keys (j, k, Enter, /, ?) and the log that follows while a run is under way. */

const KEYS_OFF = "twinoffice-keys-off";
// Nearer to its end than this, a log follows what is added; who has scrolled up is left alone.
const NEAR_END_PX = 40;

const rows = () => [...document.querySelectorAll("[data-row]")];

function move(step) {
  const all = rows();
  if (!all.length) return;
  const here = all.findIndex((row) => row === document.activeElement || row.closest("tr")?.contains(document.activeElement));
  const next = all[here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

function search() {
  const field = document.querySelector("[data-search]") ?? document.querySelector("main :is(.filter, .filter-grid) :is(input, select):not([type=hidden])");
  field?.focus();
  if (field instanceof HTMLInputElement && field.type !== "date") field.select();
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  "/": search,
  "?": () => document.getElementById("keys")?.showModal(),
};

const isWriting = (target) => target instanceof Element && target.closest("input, textarea, select, [contenteditable], dialog");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
  const action = actions[event.key];
  // The sheet itself always opens: it is where the keys are switched on again.
  if (!action || (event.key !== "?" && localStorage.getItem(KEYS_OFF))) return;
  event.preventDefault();
  action();
});

const off = document.getElementById("keys-off");
if (off) {
  off.checked = Boolean(localStorage.getItem(KEYS_OFF));
  off.addEventListener("change", () => {
    if (off.checked) localStorage.setItem(KEYS_OFF, "1");
    else localStorage.removeItem(KEYS_OFF);
  });
}

// Where the tabs do not fit, the open one is in sight.
document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

let isAtEnd = true;
const log = () => document.querySelector("[data-follows]");
const toEnd = () => {
  const shown = log();
  if (shown && isAtEnd) shown.scrollTop = shown.scrollHeight;
};

document.addEventListener("htmx:before:swap", () => {
  const shown = log();
  isAtEnd = !shown || shown.scrollHeight - shown.scrollTop - shown.clientHeight < NEAR_END_PX;
});
document.addEventListener("htmx:after:swap", toEnd);
toEnd();
