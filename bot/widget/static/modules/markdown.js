/* The little Markdown of our help articles as nodes: paragraphs, lists, bold words, links. */

import { el } from "./dom.js";
import { linkTo, linked, parsed } from "./links.js";

const ITEM = /^(?:[-*]|\d+\.) +/;
const INLINE = /\*\*([^*]+)\*\*|\[([^\]]+)\]\(([^)\s]+)\)/g;

export function markdown(text) {
  return text
    .split(/\n{2,}/)
    .filter((block) => block.trim())
    .map((block) => {
      const lines = block.trim().split("\n");
      if (!ITEM.test(lines[0])) return el("p", {}, ...inline(lines.join(" ")));
      const items = lines.map((line) => el("li", {}, ...inline(line.replace(ITEM, ""))));
      return el(/^\d/.test(lines[0]) ? "ol" : "ul", {}, ...items);
    });
}

function inline(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(INLINE)) {
    const [whole, bold, words, address] = found;
    nodes.push(...linked(text.slice(end, found.index)), bold ? el("strong", {}, bold) : reference(words, address));
    end = found.index + whole.length;
  }
  return [...nodes, ...linked(text.slice(end))];
}

function reference(words, address) {
  const url = parsed(address);
  return url ? linkTo(url, words) : words;
}
