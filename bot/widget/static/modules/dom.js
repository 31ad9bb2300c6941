/* Building DOM nodes. All text goes in as text nodes; nothing here parses HTML, so a page may forbid that. */

const SVG = "http://www.w3.org/2000/svg";

/** el("button", {class: "x", onclick: fn}, child, "text"): functions become listeners, null and false are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const ICONS = {
  chat: [
    "M5 5.5h14A1.5 1.5 0 0 1 20.5 7v8.5A1.5 1.5 0 0 1 19 17h-7.2L7.5 20.5V17H5a1.5 1.5 0 0 1-1.5-1.5V7A1.5 1.5 0 0 1 5 5.5Z",
    "M8 9.7h8M8 12.9h5",
  ],
  close: ["M6.5 6.5l11 11M17.5 6.5l-11 11"],
  fresh: [
    "M5 5.5h14A1.5 1.5 0 0 1 20.5 7v8.5A1.5 1.5 0 0 1 19 17h-7.2L7.5 20.5V17H5a1.5 1.5 0 0 1-1.5-1.5V7A1.5 1.5 0 0 1 5 5.5Z",
    "M12 8.2v6.2M8.9 11.3h6.2",
  ],
  send: ["M4.5 12 4 5.2l16 6.8-16 6.8.5-6.8Z", "M4.5 12h7.5"],
  down: ["M12 6v12M7 13l5 5 5-5"],
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [key, value] of [
    ["viewBox", "0 0 24 24"],
    ["class", `icon icon-${name}`],
    ["aria-hidden", "true"],
  ])
    svg.setAttribute(key, value);
  for (const d of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const LINK = /\b(?:https?:\/\/|mailto:)[^\s<>"'«»]+/giu;
const AFTER_LINK = /[.,;:!?،؛؟…\])}]+$/u;

/** The text as nodes, addresses (http, https and mailto only) as links. */
export function linked(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const address = withoutPunctuation(found[0]);
    const url = parsed(address);
    if (!url) continue;
    nodes.push(text.slice(end, found.index));
    nodes.push(
      el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, address.replace(/^mailto:/i, "")),
    );
    end = found.index + address.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

function withoutPunctuation(address) {
  const closes = address.match(AFTER_LINK)?.[0] ?? "";
  const belongs = closes.startsWith(")") && address.includes("("); // as in .../wiki/Oak_(wood)
  return address.slice(0, address.length - closes.length + (belongs ? 1 : 0));
}

function parsed(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url : null;
  } catch {
    return null;
  }
}
