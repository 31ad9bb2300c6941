/* The pages of channels in the browser: copying what is to be embedded, the theme's live preview, and a
   warning before what was not saved is left. */

const READABLE = 4.5; // WCAG 2.2, 1.4.3
const SHOWN_MS = 4000;

for (const button of document.querySelectorAll("[data-copies]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent);
    const place = document.getElementById("flash");
    place.replaceChildren(document.getElementById("flash-copied").content.cloneNode(true));
    setTimeout(() => place.replaceChildren(), SHOWN_MS);
  });
}

const form = document.querySelector("[data-theme-form]");
if (form) {
  form.addEventListener("input", show);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
}

for (const kept of document.querySelectorAll("main form.card[method=post]")) {
  const written = () => new URLSearchParams(new FormData(kept)).toString();
  // What was refused is nowhere but in this form.
  const saved = document.querySelector("[data-refused]") ? null : written();
  let isSent = false;
  kept.addEventListener("submit", () => (isSent = true));
  addEventListener("pageshow", () => (isSent = false));
  addEventListener("beforeunload", (event) => {
    if (!isSent && written() !== saved) event.preventDefault();
  });
}

function show() {
  const chosen = read(form);
  const words = chosen.onAccent ?? (contrast(chosen.accent, "#ffffff") >= READABLE ? "#ffffff" : "#000000");
  const isDark = chosen.appearance === "auto" ? matchMedia("(prefers-color-scheme: dark)").matches : chosen.appearance === "dark";
  const sample = document.querySelector("[data-theme-sample]");
  const stage = sample.closest(".theme-stage");
  for (const chat of sample.shadowRoot?.querySelectorAll(".chat") ?? []) {
    set(chat, "--set-accent", chosen.hasAccent && chosen.accent);
    set(chat, "--set-on-accent", chosen.hasAccent && words);
    set(chat, "--set-accent-words", chosen.hasAccent && contrast(chosen.accent, "#ffffff") < READABLE && "var(--text)");
    set(chat, "--set-radius", `${chosen.radius}px`);
    chat.dataset.position = chosen.position;
    chat.toggleAttribute("data-dark", isDark);
  }
  stage.dataset.position = chosen.position;
  stage.dataset.page = isDark ? "dark" : "light";
  showContrast(chosen.accent, words);
}

function read(form) {
  const value = (name) => new FormData(form).get(name);
  const isOwn = (name) => form.elements[`own.${name}`].checked;
  for (const name of ["accent", "on_accent"]) form.elements[name].disabled = !isOwn(name);
  return {
    hasAccent: isOwn("accent"),
    accent: form.elements.accent.value,
    onAccent: isOwn("on_accent") ? form.elements.on_accent.value : null,
    radius: value("radius"),
    appearance: value("appearance"),
    position: value("position"),
  };
}

function showContrast(accent, words) {
  const place = document.querySelector("[data-contrast]");
  const ratio = contrast(accent, words);
  const isBad = ratio < READABLE;
  const shown = new Intl.NumberFormat(place.dataset.locale, { maximumFractionDigits: 1 }).format(Math.floor(ratio * 10) / 10);
  const text = (isBad ? place.dataset.bad : place.dataset.good).replace("{ratio}", shown);
  place.toggleAttribute("data-is-bad", isBad);
  if (place.textContent !== text) place.textContent = text;
}

function set(node, name, value) {
  if (value) node.style.setProperty(name, value);
  else node.style.removeProperty(name);
}

function contrast(colour, other) {
  const [darker, lighter] = [luminance(colour), luminance(other)].sort((one, two) => one - two);
  return (lighter + 0.05) / (darker + 0.05);
}

function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
