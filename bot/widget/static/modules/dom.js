/* Building DOM nodes. All text goes in as text nodes; nothing here parses HTML, so a page may forbid that. */

const SVG = "http://www.w3.org/2000/svg";

/** el("button", {class: "x", onclick: fn}, child, "text"): functions become listeners, null and false are left out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** A button; part names it for tests and shop scripts. */
export function button(part, style, onclick, ...children) {
  return el("button", { type: "button", class: style, "data-part": part, onclick }, ...children);
}

const ICONS = {
  chat: "M5 5.5h14A1.5 1.5 0 0 1 20.5 7v8.5A1.5 1.5 0 0 1 19 17h-7.2L7.5 20.5V17H5a1.5 1.5 0 0 1-1.5-1.5V7A1.5 1.5 0 0 1 5 5.5ZM8 9.7h8M8 12.9h5",
  close: "M6.5 6.5l11 11M17.5 6.5l-11 11",
  send: "M4.5 12 4 5.2l16 6.8-16 6.8.5-6.8ZM4.5 12h7.5",
  down: "M12 6v12M7 13l5 5 5-5",
  back: "M18.5 12h-13M11 6l-6 6 6 6",
  menu: "M4.5 7h15M4.5 12h15M4.5 17h15",
  popout: "M13.5 4.5h6v6M19 5l-8 8M10 5.5H6A1.5 1.5 0 0 0 4.5 7v11A1.5 1.5 0 0 0 6 19.5h11a1.5 1.5 0 0 0 1.5-1.5v-4",
  attach:
    "M19 11.5l-7.3 7.3a4.6 4.6 0 0 1-6.5-6.5l7.6-7.6a3.1 3.1 0 0 1 4.4 4.4l-7.5 7.5a1.5 1.5 0 0 1-2.2-2.2l6.7-6.7",
  emoji: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17ZM8.5 14.2a4.2 4.2 0 0 0 7 0M9 9.6v.3M15 9.6v.3",
  file: "M7 3.5h6.5l4 4V19A1.5 1.5 0 0 1 16 20.5H7A1.5 1.5 0 0 1 5.5 19V5A1.5 1.5 0 0 1 7 3.5ZM13.5 3.5v4h4",
  place: "M12 20.5c4.3-4.2 6.5-7.7 6.5-10.5a6.5 6.5 0 0 0-13 0c0 2.8 2.2 6.3 6.5 10.5ZM12 9.8v.4",
  sent: "M6.5 12.5l4 4 7.5-9",
  read: "M2.5 12.5l4 4 7.5-9M11.5 15l1.5 1.5 7.5-9",
};

/** Without a label it says nothing to those who cannot see it. */
export function icon(name, label = null) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute(label ? "aria-label" : "aria-hidden", label ?? "true");
  if (label) svg.setAttribute("role", "img");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** Names a button for everybody: read out, and shown when the pointer rests on it. */
export function label(node, text) {
  node.setAttribute("aria-label", text);
  node.title = text;
}

/** What is read out when it changes is not touched while it stays the same: else it would be read out again. */
export function tell(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
