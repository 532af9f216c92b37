// Boxes that scroll sideways take the Tab key, so that a reader without a mouse can move them.
const boxes = document.querySelectorAll(
  "pre, div.math, .output.text_html, .pst-scrollable-table-container",
);

const watch = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const scrolls = target.scrollWidth > target.clientWidth;
    if (scrolls) target.tabIndex = 0;
    else target.removeAttribute("tabindex");
  }
});

for (const box of boxes) watch.observe(box);

// Under a figure, the word "code" opens the folded cell that drew it, in place of the chip above.
for (const button of document.querySelectorAll(".kt-figure .kt-code")) {
  const code = button.closest(".cell")?.querySelector(":scope > details.hide");
  if (!code) continue;
  code.classList.add("kt-called");
  button.hidden = false;
  button.ariaExpanded = String(code.open);
  button.addEventListener("click", () => {
    code.open = !code.open;
    button.ariaExpanded = String(code.open);
  });
}
