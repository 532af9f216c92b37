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
