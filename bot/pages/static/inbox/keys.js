/* Keyboard shortcuts of the inbox: single keys, as long as nobody is typing and they are not turned off. */

const SWITCH = "twinoffice-keys-off";
const CLICKED = { t: "[data-key=t]", c: "[data-key=c]", s: "[data-key=s]", l: "[data-key=l]", a: "[data-key=a]", n: "[data-compose=note]", r: "[data-compose=answer]" };

/* On a keyboard of another script the key's place counts. */
function letterOf(event) {
  return /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : (/^Key([A-Z])$/.exec(event.code)?.[1] ?? "").toLowerCase();
}

function isTyping(target) {
  return target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog[open]");
}

function step(by) {
  const rows = [...document.querySelectorAll("#inbox-list .row")];
  const here = rows.findIndex((row) => row === document.activeElement || row.hasAttribute("aria-current"));
  const next = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : here + by];
  next?.focus();
  next?.click();
}

function press(selector) {
  const found = document.querySelector(selector);
  if (!found) return false;
  found.focus();
  found.click();
  return true;
}

function act(event) {
  if (event.key === "?" || (event.shiftKey && event.code === "Slash")) return press("[data-dialog=keys-dialog]");
  if (event.shiftKey) return false;
  if (event.key === "/" || event.code === "Slash") {
    document.getElementById("search")?.focus();
    return true;
  }
  const view = /^Digit([1-9])$/.exec(event.code);
  if (view) {
    document.querySelectorAll(".views a[data-view]")[Number(view[1]) - 1]?.click();
    return true;
  }
  const letter = letterOf(event);
  if (letter === "j" || letter === "k") {
    step(letter === "j" ? 1 : -1);
    return true;
  }
  return letter in CLICKED && press(CLICKED[letter]);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
  if (localStorage.getItem(SWITCH) && event.key !== "?") return;
  if (document.getElementById("inbox") && act(event)) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (!(event.target instanceof Element) || !event.target.matches("[data-keys-on]")) return;
  if (event.target.checked) localStorage.removeItem(SWITCH);
  else localStorage.setItem(SWITCH, "yes");
});

function showSwitch() {
  const box = document.querySelector("[data-keys-on]");
  if (box) box.checked = !localStorage.getItem(SWITCH);
}

document.addEventListener("htmx:after:swap", showSwitch);
document.addEventListener("DOMContentLoaded", showSwitch);
