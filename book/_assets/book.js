// Boxes that scroll sideways take the Tab key, so that a reader without a mouse can move them.
const boxes = document.querySelectorAll(
  "pre, div.math, .cell_output > .output, .pst-scrollable-table-container",
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

// The choices of a prediction become buttons. The choice is remembered, and the box where the answer comes says it.
for (const list of document.querySelectorAll(".kt-choices")) askFirst(list, document.querySelector(".kt-return"));

function askFirst(list, answer) {
  const box = list.closest(".kt-predict");
  const key = `prediction ${location.pathname.split("/").pop().replace(".html", "")}`;
  const said = document.createElement("span");
  const back = document.createElement("a");
  box.id = "predict-first";
  back.href = `#${box.id}`;
  back.className = "kt-back";
  answer?.querySelector("p:not(.admonition-title)").prepend(said);
  answer?.querySelector(".admonition-title").append(back);

  const tell = (choice) => {
    said.replaceChildren();
    back.textContent = choice ? "Change it" : "You have not predicted yet: go back";
    if (!choice) return;
    const words = document.createElement("strong");
    words.append(...choice.cloneNode(true).childNodes);
    said.append("You said ", words, ". ");
  };
  tell();

  list.role = "radiogroup";
  list.ariaLabel = "Your prediction";
  for (const item of list.children) {
    const [label, button, words] = ["label", "input", "span"].map((tag) => document.createElement(tag));
    item.role = "none";
    words.append(...(item.querySelector("p") ?? item).childNodes);
    label.append(button, words);
    item.replaceChildren(label);
    Object.assign(button, { type: "radio", name: "prediction", value: words.textContent });
    button.checked = recall(key) === button.value;
    if (button.checked) tell(words);
    button.addEventListener("change", () => {
      remember(key, button.value);
      tell(words);
    });
  }
}

// A browser may refuse to store anything; then the choice lasts as long as the page.
function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {}
}
