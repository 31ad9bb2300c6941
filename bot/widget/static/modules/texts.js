/* Interface texts: one catalogue per language, fetched when needed; dates and numbers by the same language. */

export class Texts {
  #base;
  #catalogues = new Map();
  #entries = {};
  #languages = [];
  language = "en";

  constructor(base) {
    this.#base = new URL("widget/texts/", base);
  }

  get direction() {
    return this.#entries.direction ?? "ltr";
  }

  get #locale() {
    return this.#entries.locale ?? this.language;
  }

  /** Loads the catalogue of the first of the wishes that exists. */
  async loadFirst(wishes) {
    this.#languages = (await this.#fetch("index")).languages;
    await this.use(this.supported(wishes) ?? "en");
  }

  /** The first wish we have texts in ("cs-CZ" finds "cs"), or null. */
  supported(wishes) {
    const codes = wishes.filter(Boolean).map((wish) => wish.toLowerCase().split(/[-_]/)[0]);
    return codes.find((code) => this.#languages.includes(code)) ?? null;
  }

  /** True when the texts are now in another language. */
  async use(language) {
    if (!this.#languages.includes(language) || (language === this.language && "direction" in this.#entries))
      return false;
    if (!this.#catalogues.has(language)) this.#catalogues.set(language, await this.#fetch(language));
    this.language = language;
    this.#entries = this.#catalogues.get(language);
    return true;
  }

  get(key, values = {}) {
    const shown = (name) => (typeof values[name] === "number" ? this.number(values[name]) : values[name]);
    return (this.#entries[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => shown(name));
  }

  has(key) {
    return key in this.#entries;
  }

  number(value) {
    return new Intl.NumberFormat(this.#locale).format(value);
  }

  time(date) {
    return new Intl.DateTimeFormat(this.#locale, { hour: "numeric", minute: "2-digit" }).format(date);
  }

  /** "today", "yesterday", else the date in full. */
  day(date, now = new Date()) {
    const days = Math.round((startOfDay(date) - startOfDay(now)) / 86_400_000);
    if (days > -2 && days <= 0)
      return new Intl.RelativeTimeFormat(this.#locale, { numeric: "auto" }).format(days, "day");
    return new Intl.DateTimeFormat(this.#locale, { weekday: "long", day: "numeric", month: "long" }).format(date);
  }

  async #fetch(name) {
    const response = await fetch(new URL(`${name}.json`, this.#base), { credentials: "omit" });
    if (!response.ok) throw new TypeError(`${response.url} answered ${response.status}`);
    return response.json();
  }
}

function startOfDay(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate());
}
