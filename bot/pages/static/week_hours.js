/* More hours of a day, one after the other. */

for (const button of document.querySelectorAll("[data-shows-next]")) {
  const next = () => button.parentElement.querySelector(":scope > .stretch[hidden]");
  button.hidden = !next();
  button.addEventListener("click", () => {
    const stretch = next();
    stretch.hidden = false;
    stretch.querySelector("input").focus();
    button.hidden = !next();
  });
}
