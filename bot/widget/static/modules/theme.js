/* Colours, corner and roundness as the company set them, light or dark as it or the visitor wishes. */

const READABLE = 4.5; // WCAG 2.2, 1.4.3

/** A sheet with what the company set; a page's own --twinoffice-… properties go before it. */
export function themeSheet({ accent, on_accent: onAccent, radius }) {
  const sheet = new CSSStyleSheet();
  const values = {
    ...(accent && {
      "--set-accent": accent,
      "--set-on-accent": onAccent ?? (contrastWithWhite(accent) < READABLE ? "#000" : "#fff"),
      // On white or black the accent may be too pale to be read: then words have the colour of other words.
      ...(contrastWithWhite(accent) < READABLE && { "--set-accent-words": "var(--text)" }),
    }),
    ...(radius !== undefined && { "--set-radius": `${radius}px` }),
  };
  const rules = Object.entries(values).map(([name, value]) => `${name}: ${value};`);
  sheet.replaceSync(`.chat { ${rules.join(" ")} }`);
  return sheet;
}

/** Keeps data-dark on the node as the appearance (light, dark or auto) and the visitor's system say. */
export function followAppearance(node, appearance, signal) {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const show = () => node.toggleAttribute("data-dark", appearance === "auto" ? system.matches : appearance === "dark");
  if (appearance === "auto") system.addEventListener("change", show, { signal });
  show();
}

/** The contrast ratio of white and a colour written as #rrggbb. */
function contrastWithWhite(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
