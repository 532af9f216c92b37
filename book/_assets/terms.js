// What a word of the glossary means: its first sentence beside it, on hover, focus or tap.
// Without a script it is the link's title.
{
  const tip = document.createElement("div");
  tip.id = "kt-tip";
  tip.role = "tooltip";
  tip.hidden = true;
  document.body.append(tip);
  const terms = document.querySelectorAll("a.kt-term");
  let shown = null;
  let opened = false; // before the tap that is under way
  let leaving, frame;

  const hide = () => {
    cancelAnimationFrame(frame);
    tip.hidden = true;
    shown?.removeAttribute("aria-describedby");
    shown = null;
  };

  // beside the word for as long as it shows: the page may scroll, or drawings above take their size
  const place = () => {
    const word = shown.getClientRects()[0];
    const { width, height } = tip.getBoundingClientRect();
    const room = document.documentElement.clientWidth - width - 12;
    const above = word.top - height - 6;
    tip.style.left = `${Math.max(12, Math.min(word.left, room))}px`;
    tip.style.top = `${above > 8 ? above : word.bottom + 6}px`;
    frame = requestAnimationFrame(place);
  };

  const show = (link) => {
    clearTimeout(leaving);
    if (shown === link) return;
    hide();
    if (link.title) link.dataset.says = link.title;
    link.removeAttribute("title"); // or the browser shows it as well
    tip.textContent = link.dataset.says;
    link.setAttribute("aria-describedby", tip.id);
    tip.hidden = false;
    shown = link;
    place();
  };

  const leave = () => {
    clearTimeout(leaving);
    leaving = setTimeout(hide, 150); // time to move onto the sentence
  };

  for (const link of terms) {
    link.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && show(link));
    link.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && leave());
    link.addEventListener("focus", () => link.matches(":focus-visible") && show(link));
    link.addEventListener("blur", hide);
    link.addEventListener("pointerdown", () => (opened = shown === link));
    link.addEventListener("click", (event) => {
      if (event.pointerType !== "touch" || opened) return; // the second tap follows the link
      event.preventDefault();
      show(link);
    });
  }
  tip.addEventListener("pointerenter", () => clearTimeout(leaving));
  tip.addEventListener("pointerleave", leave);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("pointerdown", (event) => event.target.closest("a.kt-term, #kt-tip") || hide());
}
