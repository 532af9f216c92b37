// What all explorers share: makers of elements, controls, a picture with axes, words for numbers, and Panel.
// A module of this folder imports by name from "./base.mjs"; on a page they are joined into one script.

// Numbers in words, as ktlib.show.explorers writes them.

export const round = (x) => Math.floor(x + 0.5); // halves up, as there
const fixed = (x, digits) => (round(10 ** digits * x) / 10 ** digits).toFixed(digits).replace("-", "−");
export const tenths = (x) => fixed(x, 1);
export const places = (x) => fixed(x, 2);
export const thousandths = (x) => fixed(x, 3);
export const percent = (p) => `${round(1e6 * p) / 1e4}%`;
export const whole = (p) => `${round(100 * p)}%`;
export const likely = (p) => (p >= 0.005 && p < 0.995 ? whole(p) : p < 0.5 ? "less than 1%" : "more than 99%");
export const grouped = (n) => `${n}`.replace(/\B(?=(\d{3})+$)/g, ",");
export const count = (n, word) => `${grouped(n)} ${word}${n === 1 ? "" : "s"}`;

// Elements.

const maker = (space) => (tag, attributes = {}, ...children) => {
  const node = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes))
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value);
  node.append(...children);
  return node;
};
export const h = maker("http://www.w3.org/1999/xhtml");
export const s = maker("http://www.w3.org/2000/svg");

/** Words as nodes, the letters of symbols such as P(L₀) in italics. make: h, or s inside a picture. */
export function typeset(make, words) {
  const italic = (letter) => (make === h ? h("i", {}, letter) : s("tspan", { "font-style": "italic" }, letter));
  return `${words}`.split(/([PLTSG](?=[(₀)])|[αβθσ])/).map((part, i) => (i % 2 ? italic(part) : part));
}

export const row = (...children) => h("div", { class: "kt-row" }, ...children);
export const grid = (...children) => h("div", { class: "kt-grid" }, ...children);
export const button = (words, click) => h("button", { type: "button", click }, words);
export const group = (legend, ...children) =>
  h("fieldset", { class: "kt-row" }, h("legend", {}, ...typeset(h, legend)), ...children);
export const pick = (input, words) => h("label", { class: "kt-pick" }, input, h("span", {}, ...typeset(h, words)));

let groups = 0;

/** Radio buttons: {node, show(value)}. options: [[value, words], …]. onPick gets the value. */
export function radios(legend, options, onPick) {
  const name = `kt-${++groups}`;
  const inputs = options.map(([value]) => h("input", { type: "radio", name, value, change: () => onPick(value) }));
  const node = group(legend, grid(...inputs.map((input, i) => pick(input, options[i][1]))));
  const show = (value) => inputs.forEach((input, i) => (input.checked = options[i][0] === value));
  return { node, show };
}

/** A slider: {node, show(value, label, said, max)}. `said` is the number as it is read and spoken. */
export function slider(onInput, { min = 0, max = 1, step = 0.01 } = {}) {
  const [words, number] = [h("span"), h("b", { "aria-hidden": true })];
  const input = h("input", { type: "range", min, max, step, input: () => onInput(+input.value) });
  const show = (value, label, said = places(value), most = max) => {
    Object.assign(input, { max: most, value });
    input.setAttribute("aria-valuetext", said);
    if (words.textContent !== label) words.replaceChildren(...typeset(h, label));
    number.textContent = said;
  };
  return { node: h("label", { class: "kt-slider" }, words, number, input), show };
}

/** What stands above a picture. items: [sample or null, words], … */
export const key = (...items) =>
  h("div", { class: "kt-key" }, ...items.map(([mark, words]) => h("span", {}, mark ?? "", h("b", {}, ...typeset(h, words)))));
/** Two pictures, side by side where there is room. */
export const pair = (...pictures) => h("div", { class: "kt-pair" }, ...pictures.map(({ node }) => node));
export const sample = (kind, tag = "line") => {
  const shape = { line: { x2: 22, y1: 4, y2: 4 }, rect: { width: 22, height: 8 }, circle: { cx: 11, cy: 4, r: 4 } }[tag];
  return s("svg", { height: 8, "aria-hidden": true }, s(tag, { class: kind, ...shape }));
};

// Pictures.

/** From one range to another, in proportion. */
export const scale = ([low, high], [from, to]) => (value) => from + ((value - low) / (high - low)) * (to - from);

/** Round numbers from low to high, about so many. */
export function ticks(low, high, about = 5) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((times) => times * power >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(+(i * step).toPrecision(12));
  return found;
}

/**
 * A picture to draw in: node (the SVG, spoken as `summary`), its edges left, right, top and bottom, and short ways
 * to draw. across and up draw an axis and return its scale; both take {label, at: where ticks stand, say: their words}.
 * touched(event): where that was between the edges, [0 to 1 rightwards, 0 to 1 upwards].
 */
export function picture(width, height, summary, margins = {}) {
  const { left, right, top, bottom } = { left: 36, right: 8, top: 8, bottom: 42, ...margins };
  const edges = { left, right: width - right, top, bottom: height - bottom };
  const node = s("svg", { role: "img", "aria-label": summary, viewBox: `0 0 ${width} ${height}`, width, height });
  const add = (tag, attributes, ...children) => node.appendChild(s(tag, attributes, ...children));
  const text = (words, x, y, anchor = "start", kind = "") =>
    add("text", { x, y, "text-anchor": anchor, class: kind }, ...typeset(s, words));
  const rule = (kind, x1, y1, x2, y2) => add("line", { class: kind, x1, y1, x2, y2 });
  const rect = (kind, x1, y1, x2, y2) => {
    const [x, y] = [Math.min(x1, x2), Math.min(y1, y2)];
    return add("rect", { class: kind, x, y, width: Math.abs(x2 - x1), height: Math.abs(y2 - y1) });
  };
  const curve = (kind, points) => add("polyline", { class: kind, points: points.map(([x, y]) => `${x},${y}`).join(" ") });
  const dot = (kind, cx, cy, r = 4.5) => add("circle", { class: kind, cx, cy, r });
  const across = (low, high, { label = "", at = ticks(low, high, (width - 44) / 90), say = String } = {}) => {
    const x = scale([low, high], [edges.left, edges.right]);
    for (const value of at) {
      const anchor = x(value) < 8 ? "start" : x(value) > width - 14 ? "end" : "middle";
      rule("kt-axis", x(value), edges.top, x(value), edges.bottom);
      text(say(value), x(value), edges.bottom + 18, anchor);
    }
    text(label, (edges.left + edges.right) / 2, edges.bottom + 37, "middle");
    return x;
  };
  const up = (low, high, { at = ticks(low, high, 4), say = String } = {}) => {
    const y = scale([low, high], [edges.bottom, edges.top]);
    for (const value of at) {
      rule("kt-axis", edges.left, y(value), edges.right, y(value));
      text(say(value), edges.left - 6, y(value) + 4, "end");
    }
    return y;
  };
  const touched = ({ clientX, clientY }) => {
    const { x, y } = new DOMPoint(clientX, clientY).matrixTransform(node.getScreenCTM().inverse());
    return [(x - edges.left) / (edges.right - edges.left), (edges.bottom - y) / (edges.bottom - edges.top)];
  };
  return { node, touched, ...edges, add, text, rule, rect, curve, dot, across, up };
}

const CSS = `
.kt-explorer { --ink: var(--pst-color-text-base, var(--jp-content-font-color1, CanvasText));
  --page: var(--pst-color-background, var(--jp-layout-color0, Canvas)); --estimate: var(--kt-estimate, #0072b2);
  --peer: var(--kt-peer, #b84e00); --prior: var(--kt-prior, #8e106a); --other: var(--kt-other, #007a59);
  --line: color-mix(in srgb, var(--ink) 22%, transparent); display: block; box-sizing: border-box; max-width: 45rem;
  margin: 1rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: .6rem; break-inside: avoid;
  background: var(--page); color: var(--ink); font: .92em/1.4 var(--kt-sans, inherit) }
.kt-grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); gap: .25rem 2rem;
  flex: 1 }
.kt-slider { display: grid; grid-template-columns: 1fr auto; align-content: end; margin: 0 }
.kt-slider b { font-weight: 600; font-variant-numeric: tabular-nums }
.kt-slider input { grid-column: 1 / -1; width: 100%; height: 44px; margin: 0; accent-color: var(--estimate) }
.kt-row { display: flex; flex-wrap: wrap; gap: .4rem; margin: .25rem 0 .6rem; padding: 0; border: 0 }
.kt-row legend { float: none; width: auto; margin: 0 0 .35rem; padding: 0; font-size: 1em }
.kt-row button { min-width: 44px; min-height: 44px; padding: 0 .7rem; font: inherit; color: inherit; cursor: pointer;
  background: none; border: 1px solid color-mix(in srgb, var(--ink) 60%, transparent); border-radius: .4rem }
.kt-row button[aria-pressed=true] { border-color: var(--estimate);
  background: color-mix(in srgb, var(--estimate) 22%, transparent) }
.kt-pick { display: flex; gap: .5rem; align-items: center; min-height: 44px; margin: 0 .5rem 0 0; cursor: pointer }
.kt-pick input { width: 1.15rem; height: 1.15rem; margin: 0; accent-color: var(--estimate) }
.kt-explorer :focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
.kt-slider :focus-visible { outline-offset: -5px; border-radius: .6rem }
.kt-chart { background: var(--page) }
.kt-chart > svg { display: block; width: 100%; overflow: visible }
.kt-pair { display: flex; flex-wrap: wrap; gap: 0 1rem }
.kt-chart svg { font-size: 13px; fill: none; stroke-linejoin: round }
.kt-chart text { fill: var(--ink); stroke: var(--page); stroke-width: 3px; paint-order: stroke }
.kt-key { display: flex; flex-wrap: wrap; gap: 0 1rem; margin-bottom: .25rem; font-size: 13px }
.kt-key span { display: flex; gap: .35rem; align-items: center }
.kt-key b { font-weight: inherit }
.kt-key svg { width: 22px }
.kt-axis { stroke: var(--line) }
.kt-now { stroke: var(--estimate); stroke-width: 2.5 }
.kt-truth { stroke: var(--ink); stroke-width: 2 }
.kt-start { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 2 4 }
.kt-dot { stroke: var(--estimate); stroke-width: 2; fill: var(--page) }
.kt-dot.kt-right { fill: var(--estimate) }
.kt-band { fill: var(--estimate); opacity: .13 }
.kt-verdict-line { margin: .5rem 0 .75rem }
.kt-live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
@media screen and (max-width: 40rem) and (min-height: 34rem) {
  .output:has(> .kt-explorer) { overflow: visible } /* or the picture could not stay in sight */
  .kt-explorer { padding: .75rem }
  .kt-stay { position: sticky; top: var(--kt-sticky, 0); z-index: 1; padding: .25rem 0 }
}
@media print { .kt-explorer > :not(.kt-chart, .kt-verdict-line) { display: none } }`;

const worn = new Set();

/** A style sheet, once a page. */
function style(css) {
  if (!worn.has(css)) document.head.append(h("style", {}, css));
  worn.add(css);
}

/**
 * An explorer: picture, sentence, controls, in this order, so that a hand on a phone does not hide what it moves.
 * A subclass gives restart() (state as `config` has it), build() (its controls) and view(): {sentence, paint(width)},
 * where paint gives the nodes of the picture. It changes its state inside change(() => …).
 */
export class Panel extends (globalThis.HTMLElement ?? Object) {
  connectedCallback() {
    if (this.plot) return;
    this.classList.add("kt-explorer");
    this.dataset.lmSuppressShortcuts = ""; // this and the next line: JupyterLab leaves the arrow keys to the sliders
    this.addEventListener("keydown", (event) => event.key.startsWith("Arrow") && event.stopPropagation());
    this.config = JSON.parse(this.getAttribute("config"));
    this.plot = h("div", { class: "kt-chart" });
    this.said = h("p", { class: "kt-verdict-line" });
    this.live = h("p", { class: "kt-live", "aria-live": "polite" });
    this.restart();
    this.replaceChildren(this.plot, this.said, this.live, ...this.build());
    new ResizeObserver(() => requestAnimationFrame(() => this.resize())).observe(this);
    this.resize();
  }

  resize() {
    if (this.plot.clientWidth === this.width) return;
    this.width = this.plot.clientWidth;
    this.said.style.minHeight = "";
    this.draw();
    this.plot.classList.toggle("kt-stay", this.plot.offsetHeight < 0.5 * innerHeight); // or it would hide the controls
  }

  change(act) {
    act();
    this.draw();
    clearTimeout(this.timer); // spoken once the hand rests, not at each step of a slider
    this.timer = setTimeout(() => (this.live.textContent = this.said.textContent), 600);
  }

  /** A button that sets the start again. */
  reset() {
    return button("Reset", () => this.change(() => this.restart()));
  }

  draw() {
    const { sentence, paint } = this.view();
    this.said.replaceChildren(...typeset(h, sentence));
    if (!this.width) return;
    this.plot.replaceChildren(...paint(this.width));
    this.said.style.minHeight = `${this.said.offsetHeight}px`; // it only grows: controls below stay under the hand
  }
}

/** Make <tag> an element of this class, with its own style, where there is a page. */
export function define(tag, element, css = "") {
  if (!globalThis.customElements || customElements.get(tag)) return;
  style(CSS);
  style(css);
  customElements.define(tag, element);
}
