/* Addresses in what people write: only web and mail addresses become links, and nothing hides where they lead. */

import { el } from "./dom.js";

// Marks that turn the direction of writing could make an address look like another one.
const LINK = /\b(?:https?:\/\/|mailto:)[^\s<>"'«»\u200e\u200f\u202a-\u202e\u2066-\u2069]+/giu;
const AFTER_LINK = /[.,;:!?،؛؟…\])}]+$/u;

/** The text as nodes, addresses as links. */
export function linked(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const address = withoutPunctuation(found[0]);
    const url = parsed(address);
    if (!url) continue;
    nodes.push(text.slice(end, found.index), linkTo(url, address.replace(/^mailto:/i, "")));
    end = found.index + address.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}

export function linkTo(url, words) {
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, words);
}

function withoutPunctuation(address) {
  const closes = address.match(AFTER_LINK)?.[0] ?? "";
  const belongs = closes.startsWith(")") && address.includes("("); // as in .../wiki/Oak_(wood)
  return address.slice(0, address.length - closes.length + (belongs ? 1 : 0));
}

/** Null for what is no address, and for one that carries a user name: "https://shop.example@elsewhere.example". */
export function parsed(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:", "mailto:"].includes(url.protocol) && !url.username ? url : null;
  } catch {
    return null;
  }
}
