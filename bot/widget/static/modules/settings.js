/* What the company set and what the interface says, by language; dates and numbers in the same language. */

const IN_FIGURES = "nb"; // times and numbers as in Iceland, whose language Chromium cannot write
const TIME = { hour: "numeric", minute: "2-digit" };

export class Settings {
  #api;
  #texts = {};
  config = {};

  constructor(api) {
    this.#api = api;
  }

  get language() {
    return this.config.language ?? "en";
  }

  get direction() {
    return this.#texts.direction ?? "ltr";
  }

  get #locale() {
    return this.#spoken ?? IN_FIGURES;
  }

  /** Undefined where the browser cannot write dates in this language: it would do so in its own. */
  get #spoken() {
    return Intl.DateTimeFormat.supportedLocalesOf(this.#texts.locale ?? this.language)[0];
  }

  /** Loads everything in the first of the wishes that we speak. */
  async load(wishes) {
    this.config = await this.#ask(codes(wishes)[0] ?? "");
    await this.use(this.supported(wishes) ?? this.language);
  }

  /** The first wish we have texts in ("cs-CZ" finds "cs"), or null. */
  supported(wishes) {
    const spoken = this.config.languages?.map(({ code }) => code) ?? [];
    return codes(wishes).find((code) => spoken.includes(code)) ?? null;
  }

  /** True when everything is now in another language. */
  async use(language) {
    const isPresent = language === this.language;
    if (!this.supported([language]) || (isPresent && "direction" in this.#texts)) return false;
    const asked = [isPresent ? this.config : this.#ask(language), fetchTexts(language)];
    [this.config, this.#texts] = await Promise.all(asked);
    return true;
  }

  /** What the company has changed since, and whether its office is open by now; throws ApiError. */
  async refresh() {
    const config = await this.#ask(this.language);
    if (config.language === this.language) this.config = config;
  }

  #ask(language) {
    return this.#api.config(language, location.pathname);
  }

  get(key, values = {}) {
    const shown = (name) => (typeof values[name] === "number" ? this.number(values[name]) : values[name]);
    const text = this.config.texts?.[key] ?? this.#texts[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => shown(name) ?? whole);
  }

  /** The text of the first key that there is. */
  firstOf(...keys) {
    return this.get(keys.find((key) => key in this.#texts) ?? keys.at(-1));
  }

  number(value) {
    return new Intl.NumberFormat(this.#locale).format(value);
  }

  minutes(count) {
    return this.#measure(count, "minute", this.#spoken ? "long" : "short");
  }

  size(bytes) {
    const kilobytes = Math.ceil(bytes / 1024);
    return kilobytes < 1000
      ? this.#measure(kilobytes, "kilobyte", "short")
      : this.#measure(kilobytes / 1024, "megabyte", "short", 1);
  }

  time(date) {
    return this.#date(date, TIME);
  }

  /** "today", "yesterday", else the date in full. */
  day(date, now = new Date()) {
    const days = daysBetween(now, date);
    if (this.#spoken && days > -2 && days <= 0)
      return new Intl.RelativeTimeFormat(this.#locale, { numeric: "auto" }).format(days, "day");
    return this.#date(date, { weekday: "long", day: "numeric", month: "long" });
  }

  /** A moment to come, in the visitor's own time: the time today, with the weekday this week, else with the date. */
  moment(date, now = new Date()) {
    const days = daysBetween(now, date);
    if (days === 0) return this.time(date);
    return this.#date(date, { weekday: "long", ...(days > 6 && { day: "numeric", month: "long" }), ...TIME });
  }

  shortDay(date) {
    return this.#date(date, { day: "numeric", month: "short", year: "numeric" });
  }

  #date(date, options) {
    const { calendar } = this.#texts;
    if (!this.#spoken && calendar && options !== TIME) return this.#named(date, calendar, options);
    return new Intl.DateTimeFormat(this.#locale, options).format(date);
  }

  /** The same options with names of our own: "sunnudagur, 22. nóvember 2026 9:00". */
  #named(date, { months, weekdays }, { weekday, day, year, hour }) {
    const dayOfYear = [day && `${date.getDate()}. ${months[date.getMonth()]}`, year && date.getFullYear()];
    const parts = [weekday && weekdays[date.getDay()], dayOfYear.filter(Boolean).join(" ")];
    return [parts.filter(Boolean).join(", "), hour && this.time(date)].filter(Boolean).join(" ");
  }

  #measure(value, unit, unitDisplay, maximumFractionDigits = 0) {
    const options = { style: "unit", unit, unitDisplay, maximumFractionDigits };
    return new Intl.NumberFormat(this.#locale, options).format(value);
  }
}

function codes(wishes) {
  return wishes.filter(Boolean).map((wish) => wish.toLowerCase().split(/[-_]/)[0]);
}

async function fetchTexts(language) {
  const response = await fetch(new URL(`./texts/${language}.json`, import.meta.url), { credentials: "omit" });
  if (!response.ok) throw new TypeError(`${response.url} answered ${response.status}`);
  return response.json();
}

function daysBetween(now, date) {
  const startOfDay = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
  return Math.round((startOfDay(date) - startOfDay(now)) / 86_400_000);
}
