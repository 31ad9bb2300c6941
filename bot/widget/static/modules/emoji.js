/* A few emoji to choose from; the keys of the arrows go through them. */

import { el } from "./dom.js";

const SIGNS = [..."😀😄😅😂🙂😉😊😍😎🤔😕🙁😢😭😡😱🤒🥳👋👍👎👌🙏👏✅❌❓❗⭐🔥🎉🎁📦🚚🛒💳📷📞⏰💚"];
const COLUMNS = 8;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -COLUMNS, ArrowDown: COLUMNS };

/** choose(sign) is called once. */
export function emojiPicker(settings, choose) {
  const buttons = SIGNS.map((sign, index) =>
    el("button", { type: "button", tabindex: index ? "-1" : "0", "data-emoji": "", onclick: () => choose(sign) }, sign),
  );
  const about = { class: "emoji", "data-part": "emoji-picker", role: "group", "aria-label": settings.get("emoji") };
  const onkeydown = (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const isMirrored = settings.direction === "rtl" && Math.abs(step) === 1;
    const next = buttons.indexOf(event.target) + (isMirrored ? -step : step);
    if (!buttons[next]) return;
    event.target.tabIndex = -1;
    buttons[next].tabIndex = 0;
    buttons[next].focus();
  };
  return el("div", { ...about, onkeydown }, ...buttons);
}
