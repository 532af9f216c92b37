// Bayesian Knowledge Tracing in the page: pure functions, held to ktlib.bkt by tests, then the elements
// <kt-trace>, <kt-sweep> and <kt-data>.

const SYMBOL = { p_init: "P(L0)", p_transit: "P(T)", p_slip: "P(S)", p_guess: "P(G)" };
const WORDS = {
  p_init: "knew it at the start",
  p_transit: "learns it from one question",
  p_slip: "slips",
  p_guess: "guesses",
};
const NAMES = Object.keys(SYMBOL);
const Z = 1.96;
const AIMS = [0.05, 0.02, 0.01];

/**
 * Follow one student answer by answer, as ktlib.bkt.filter does.
 * params: {p_init, p_transit, p_slip, p_guess}, each in [0, 1]. answers: 1 right, 0 wrong, null not asked; a null is
 * a chance to learn, at the end too.
 * Returns arrays, one value a step: before P(known), correct P(right answer), known P(known) after it and learning.
 * Throws an Error that names a bad value, or the answer that has probability zero.
 */
export function filter(params, answers) {
  for (const name of NAMES) {
    const value = params[name];
    if (typeof value !== "number" || !(value >= 0 && value <= 1))
      throw new Error(`${name} = ${value} is not a probability: give a number between 0 and 1`);
  }
  const { p_init, p_transit, p_slip, p_guess } = params;
  const trace = { before: [], correct: [], known: [] };
  let [known, unknown] = [p_init, 1 - p_init]; // both: a known that rounds to 1 must not make unknown zero
  answers.forEach((answer, t) => {
    if (answer !== 1 && answer !== 0 && answer !== null)
      throw new Error(`answer ${answer} at step ${t + 1} is not 1 (right), 0 (wrong) or null (not asked)`);
    const right = known * (1 - p_slip) + (1 - known) * p_guess;
    trace.before.push(known);
    trace.correct.push(right);
    const [ifKnown, ifNot] = answer === null ? [1, 1] : answer ? [1 - p_slip, p_guess] : [p_slip, 1 - p_guess];
    const chance = known * ifKnown + unknown * ifNot;
    if (chance === 0)
      throw new Error(`The answer at step ${t + 1} has probability zero: move slip and guess away from 0 and 1.`);
    const posterior = (known * ifKnown) / chance;
    known = posterior + (1 - posterior) * p_transit;
    unknown = ((unknown * ifNot) / chance) * (1 - p_transit);
    trace.known.push(known);
  });
  return trace;
}

/** First step (from 1) after which P(known) is at least threshold, or null. */
export const masteryStep = (known, threshold) => known.findIndex((p) => p >= threshold) + 1 || null;

/**
 * What so many students with so many answers each can tell: {half, interval, seen} for each parameter, in NAMES' order.
 * config: params, fewest (answers of the first row), and bound and floor, rows of four standard errors times √students.
 * half: 1.96 standard errors. interval: [low, high], that far in logits, so inside (0, 1). seen: could knowing be seen.
 */
export function dataIntervals({ params, fewest, bound, floor }, students, answers) {
  if (!bound[answers - fewest] || !(students >= 1)) throw new Error(`${students} × ${answers} answers: not computed`);
  const scale = Z / Math.sqrt(students);
  return NAMES.map((name, i) => {
    const p = params[name];
    const logit = Math.log(p / (1 - p));
    const around = (half) => [-1, 1].map((sign) => 1 / (1 + Math.exp(-logit - (sign * half) / (p * (1 - p)))));
    const [half, least] = [bound, floor].map((rows) => scale * rows[answers - fewest][i]);
    return { half, interval: around(half), seen: around(least) };
  });
}

// Sentences: word for word those of ktlib.show.explorers.

const round = (x) => Math.floor(x + 0.5); // halves up, as there
const places = (p) => (round(100 * p) / 100).toFixed(2);
const percent = (p) => `${round(1e6 * p) / 1e4}%`;
const thousandths = (p) => (round(1000 * p) / 1000).toFixed(3);
const grouped = (n) => `${n}`.replace(/\B(?=(\d{3})+$)/g, ",");
const count = (n, word) => `${grouped(n)} ${word}${n === 1 ? "" : "s"}`;

function sure(p, threshold) {
  if (p < 0.005) return "less than 1%";
  if (p > 0.995) return "more than 99%";
  const rounded = round(100 * p);
  return `${p < threshold && rounded >= 100 * threshold ? rounded - 1 : rounded}%`;
}

function flipped({ p_slip, p_guess }) {
  const sum = p_slip + p_guess;
  if (sum < 1 - 1e-9) return "";
  const what = sum < 1 + 1e-9 ? "says nothing about her" : "counts against her";
  return ` Slip + guess = ${places(sum)}: a right answer now ${what}.`;
}

export function traceSentence(params, answers, threshold) {
  const { known } = filter(params, answers);
  const gaps = answers.filter((answer) => answer === null).length;
  const seen = gaps ? `${count(known.length, "question")} (${gaps} not asked)` : count(known.length, "answer");
  const last = known.at(-1);
  const step = masteryStep(known, threshold);
  const reached = step ? `reached at question ${step}${last < threshold ? ", then lost" : ""}` : "not reached";
  const doubt = `the model is ${sure(last, threshold)} sure she knows it`;
  return `After ${seen} ${doubt}; mastery (${percent(threshold)}) ${reached}.${flipped(params)}`;
}

export function sweepSentence(truth, answers, vary, value, threshold) {
  const assumed = { ...truth, [vary]: value };
  const [should, does] = [truth, assumed].map((params) => masteryStep(filter(params, answers).known, threshold));
  const never = `not reached in ${count(answers.length, "question")}`;
  const verdict = (step) => (step ? `declared at question ${step}` : never);
  const [symbol, right, mastery] = [SYMBOL[vary], places(truth[vary]), `mastery (${percent(threshold)})`];
  let said = verdict(does);
  if (value === truth[vary]) return `With the true ${symbol}, ${right}, ${mastery} is ${said}.${flipped(assumed)}`;
  if (does === should) said += ", as with the true value";
  else if (does && should)
    said += ` instead of ${should}: ${count(Math.abs(does - should), "question")} ${does < should ? "early" : "late"}`;
  else said += `; with the true value it is ${verdict(should)}`;
  return `With ${symbol} taken as ${places(value)} instead of ${right}, ${mastery} is ${said}.${flipped(assumed)}`;
}

export function dataSentence(config, students, answers) {
  const half = dataIntervals(config, students, answers).map(({ half }) => half);
  const each = NAMES.map((name, i) => `${SYMBOL[name]} ±${thousandths(half[i])}`).join(", ");
  const all = `${count(students, "student")} with ${answers} answers each, ${grouped(students * answers)} in all`;
  const said = `${all}: 95% of fits lie, at best, within ${each}.`;
  const worst = half.indexOf(Math.max(...half));
  const aim = AIMS.find((a) => a < half[worst]);
  if (!aim) return said;
  const need = Math.ceil(((Z * config.bound[answers - config.fewest][worst]) / aim) ** 2);
  return `${said} For ${SYMBOL[NAMES[worst]]} within ±${aim} it takes ${grouped(need)} students.`;
}

// The elements.

const CSS = `
kt-trace, kt-sweep, kt-data { --ink: var(--pst-color-text-base, var(--jp-content-font-color1, CanvasText));
  --page: var(--pst-color-background, var(--jp-layout-color0, Canvas)); --estimate: var(--kt-estimate, #0072b2);
  --line: color-mix(in srgb, var(--ink) 22%, transparent); display: block; box-sizing: border-box; max-width: 45rem;
  margin: 1rem 0; padding: 1rem; border: 1px solid var(--line); border-radius: .6rem;
  background: var(--page); color: var(--ink); line-height: 1.4 }
.kt-grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(16rem, 100%), 1fr)); gap: .25rem 2rem }
.kt-slider { display: grid; grid-template-columns: 1fr auto; margin: 0 }
.kt-slider b { font-weight: 600; font-variant-numeric: tabular-nums }
.kt-slider input { grid-column: 1 / -1; width: 100%; height: 2.5rem; margin: 0; accent-color: var(--estimate) }
.kt-row { display: flex; flex-wrap: wrap; gap: .4rem; margin: .25rem 0 .6rem; padding: 0; border: 0 }
.kt-row legend { float: none; width: auto; margin: 0 0 .35rem; padding: 0; font-size: 1em }
.kt-row button { min-width: 2.5rem; height: 2.5rem; padding: 0 .7rem; font: inherit; color: inherit; cursor: pointer;
  background: none; border: 1px solid color-mix(in srgb, var(--ink) 60%, transparent); border-radius: .4rem }
.kt-row .kt-answer { padding: 0 }
.kt-answer.kt-right { background: color-mix(in srgb, var(--estimate) 22%, transparent); border-color: var(--estimate) }
.kt-answer.kt-gap { border-style: dashed; font-weight: bold }
.kt-pick { display: flex; gap: .5rem; align-items: center; min-height: 2.5rem; margin: 0 .5rem 0 0; cursor: pointer }
.kt-pick input { width: 1.15rem; height: 1.15rem; margin: 0; accent-color: var(--estimate) }
:is(.kt-row, .kt-pick, .kt-slider) :focus-visible { outline: 3px solid var(--ink); outline-offset: 2px }
.kt-slider :focus-visible { outline-offset: -5px; border-radius: .6rem }
.kt-chart svg { display: block; width: 100%; overflow: visible; font-size: 13px; fill: none; stroke-linejoin: round }
.kt-chart text { fill: var(--ink) }
.kt-key { display: flex; flex-wrap: wrap; gap: 0 1rem; margin-bottom: .25rem; font-size: 13px }
.kt-key span { display: flex; gap: .35rem; align-items: center }
.kt-key svg { width: 22px }
.kt-axis { stroke: var(--line) }
.kt-mastery { stroke: var(--ink); stroke-dasharray: 6 4 }
.kt-now { stroke: var(--estimate); stroke-width: 2.5 }
.kt-truth { stroke: var(--ink); stroke-width: 2 }
.kt-start { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 2 4 }
.kt-forecast { stroke: var(--kt-other, #007a59); stroke-width: 1.5 }
.kt-family { stroke: var(--estimate); opacity: .45 }
.kt-drop { stroke-width: 1; stroke-dasharray: 2 3 }
.kt-dot { stroke: var(--estimate); stroke-width: 2; fill: var(--page) }
.kt-dot.kt-right { fill: var(--estimate) }
.kt-band { fill: var(--estimate); opacity: .13 }
.kt-interval { fill: var(--estimate); opacity: .4 }
.kt-floor { fill: var(--estimate) }
.kt-say { margin: .5rem 0 0; min-height: 2.8em }
.kt-live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }`;

const maker = (space) => (tag, attributes = {}, ...children) => {
  const node = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes))
    if (typeof value === "function") node.addEventListener(name, value);
    else node.setAttribute(name, value);
  node.append(...children);
  return node;
};
const h = maker("http://www.w3.org/1999/xhtml");
const s = maker("http://www.w3.org/2000/svg");

function slider(onInput, { min = 0, step = 0.01 } = {}) {
  const [words, number] = [h("span"), h("b", { "aria-hidden": true })];
  const input = h("input", { type: "range", min, max: 1, step, input: () => onInput(+input.value) });
  const show = (value, label, max = 1, said = places(value)) => {
    Object.assign(input, { max, value });
    input.setAttribute("aria-valuetext", said);
    words.textContent = label;
    number.textContent = said;
  };
  return { node: h("label", { class: "kt-slider" }, words, number, input), show };
}

// lines: {values, kind, label, step, from}; `from` is the x of the first value, `step` where mastery is declared.
function chart(width, answers, threshold, lines, summary) {
  const height = Math.round(Math.min(300, Math.max(210, width * 0.45)));
  const [left, right, top, bottom] = [36, width - 8, 8, height - 42];
  const n = answers.length;
  const x = (t) => left + (t / n) * (right - left);
  const y = (p) => bottom - p * (bottom - top);
  const svg = s("svg", { role: "img", "aria-label": summary, viewBox: `0 0 ${width} ${height}`, height });
  const text = (words, x, y, anchor) => svg.append(s("text", { x, y, "text-anchor": anchor }, words));
  const rule = (kind, x1, y1, x2, y2) => svg.append(s("line", { class: kind, x1, y1, x2, y2 }));

  for (const p of [0, 0.25, 0.5, 0.75, 1]) {
    rule("kt-axis", left, y(p), right, y(p));
    text(p, left - 6, y(p) + 4, "end");
  }
  const every = Math.ceil((n * 30) / (right - left));
  for (let t = every; t <= n; t += every) text(t, x(t), bottom + 18, "middle");
  text("question", (left + right) / 2, height - 5, "middle");
  rule("kt-mastery", left, y(threshold), right, y(threshold));

  const named = lines.filter((line) => line.label);
  const [first, second] = named.flatMap((line) => line.step ?? []).sort((a, b) => a - b);
  if (second)
    svg.append(s("rect", { class: "kt-band", x: x(first), y: top, width: x(second) - x(first), height: bottom - top }));
  for (const { values, from = 0, kind, step } of lines) {
    svg.append(s("polyline", { class: kind, points: values.map((p, i) => `${x(from + i)},${y(p)}`).join(" ") }));
    if (step) rule(`${kind} kt-drop`, x(step), y(threshold), x(step), bottom);
    if (kind !== "kt-now") continue;
    answers.forEach((answer, t) => {
      const look = { class: answer ? "kt-dot kt-right" : "kt-dot", r: answer === null ? 2 : 4.5 };
      svg.append(s("circle", { ...look, cx: x(t + 1), cy: y(values[t + 1]) }));
    });
  }
  const items = [...named, { kind: "kt-mastery", label: `mastery ${threshold}` }];
  return [key([null, "P(known)"], ...items.map(({ kind, label }) => [sample(kind), label])), svg];
}

const key = (...items) =>
  h("div", { class: "kt-key" }, ...items.map(([sample, label]) => h("span", {}, sample ?? "", label)));
const sample = (kind, tag = "line") => {
  const shape = tag === "line" ? { x2: 22, y1: 4, y2: 4 } : { width: 22, height: 8 };
  return s("svg", { height: 8, "aria-hidden": true }, s(tag, { class: kind, ...shape }));
};

// intervals: as dataIntervals gives them; one bar a parameter, on an axis from 0 to 1.
function bars(width, params, intervals, summary) {
  const [left, right, tall] = [8, width - 8, 46];
  const height = 4 * tall + 26;
  const x = (p) => left + p * (right - left);
  const svg = s("svg", { role: "img", "aria-label": summary, viewBox: `0 0 ${width} ${height}`, height });
  const text = (words, at, y, anchor) => svg.append(s("text", { x: at, y, "text-anchor": anchor }, words));
  const rect = (kind, [low, high], y, thick) =>
    svg.append(s("rect", { class: kind, x: x(low), y: y - thick / 2, width: x(high) - x(low), height: thick }));
  for (const p of [0, 0.25, 0.5, 0.75, 1]) {
    svg.append(s("line", { class: "kt-axis", x1: x(p), x2: x(p), y1: 4, y2: 4 * tall + 4 }));
    text(p, x(p), height - 6, p === 0 ? "start" : p === 1 ? "end" : "middle");
  }
  intervals.forEach(({ half, interval, seen }, i) => {
    const name = NAMES[i];
    const [p, y] = [params[name], i * tall + 34];
    text(`${SYMBOL[name]} ${WORDS[name]}`, left + 4, y - 15, "start");
    text(`±${thousandths(half)}`, right, y - 15, "end");
    rect("kt-interval", interval, y, 14);
    rect("kt-floor", seen, y, 6);
    svg.append(s("line", { class: "kt-truth", x1: x(p), x2: x(p), y1: y - 10, y2: y + 10 }));
  });
  const items = [
    [sample("kt-interval", "rect"), "95% interval"],
    [sample("kt-floor", "rect"), "could we see who knows it"],
    [sample("kt-truth"), "truth"],
  ];
  return [key(...items), svg];
}

function define() {
  const LONGEST = 60;
  const STUDENTS = [10, 15, 22, 30, 40, 50, 70].flatMap((n) => [n, n * 10, n * 100]).concat(200, 2000, 10000);
  const DESIGNS = [
    [22, 9, "a class, a month"],
    [22, 60, "a semester"],
    [200, 15, "a year group"],
    [1000, 20, "many schools"],
  ];
  const LOOK = {
    1: ["✓", "right", "kt-answer kt-right"],
    0: ["✗", "wrong", "kt-answer"],
    null: ["·", "not asked", "kt-answer kt-gap"],
  };
  const NEXT = { 1: 0, 0: null, null: 1 };
  let groups = 0;
  const button = (words, click) => h("button", { type: "button", click }, words);
  const pick = (input, words) => h("label", { class: "kt-pick" }, input, words);

  // What all elements share: style, config, picture, sentence. A subclass gives build, what
  // stands above the picture, and draw.
  class Panel extends HTMLElement {
    connectedCallback() {
      if (this.plot) return;
      if (!document.getElementById("kt-explorers")) document.head.append(h("style", { id: "kt-explorers" }, CSS));
      this.dataset.lmSuppressShortcuts = ""; // this and the next line: JupyterLab leaves the arrow keys to the sliders
      this.addEventListener("keydown", (event) => event.key.startsWith("Arrow") && event.stopPropagation());
      this.config = JSON.parse(this.getAttribute("config"));
      this.plot = h("div", { class: "kt-chart" });
      this.say = h("p", { class: "kt-say" });
      this.live = h("p", { class: "kt-live", "aria-live": "polite" });
      this.replaceChildren(...this.build(), this.plot, this.say, this.live);
      this.draw();
      new ResizeObserver(() => requestAnimationFrame(() => this.draw())).observe(this.plot);
    }

    change(act) {
      act();
      this.draw();
      clearTimeout(this.timer); // spoken once the hand rests, not at each step of a slider
      this.timer = setTimeout(() => (this.live.textContent = this.say.textContent), 600);
    }
  }

  // What the two that follow a student share: answers to tap. A subclass gives start, controls and view.
  class Explorer extends Panel {
    build() {
      this.restart();
      const key = h("legend", {}, "Her answers (tap to change): ✓\u00a0right, ✗\u00a0wrong, ·\u00a0not\u00a0asked");
      this.buttons = h("fieldset", { class: "kt-row" }, key);
      const acts = [
        button("Add", () => this.change(() => this.answers.length < LONGEST && this.answers.push(1))),
        button("Remove", () => this.change(() => this.answers.length > 1 && this.answers.pop())),
        button("Reset", () => this.change(() => this.restart())),
      ];
      const [controls, extra] = [this.controls(), h("div", { class: "kt-row" }, ...acts, ...this.extras())];
      return [...controls, this.buttons, extra];
    }

    restart() {
      this.answers = [...this.config.answers];
      this.start();
    }

    extras() {
      return [];
    }

    draw() {
      const { answers, buttons } = this;
      while (buttons.children.length > answers.length + 1) buttons.lastChild.remove();
      for (let t = buttons.children.length - 1; t < answers.length; t++)
        buttons.append(button("", () => this.change(() => (this.answers[t] = NEXT[this.answers[t]]))));
      answers.forEach((answer, t) => {
        const [mark, words, look] = LOOK[answer];
        const node = buttons.children[t + 1];
        Object.assign(node, { textContent: mark, className: look });
        node.setAttribute("aria-label", `question ${t + 1}: ${words}`);
      });
      let lines = [];
      let sentence;
      try {
        ({ lines, sentence } = this.view());
      } catch (error) {
        sentence = error.message;
      }
      this.say.textContent = sentence;
      const width = this.plot.clientWidth;
      if (!width) return;
      const summary = `P(known) after each question. ${sentence}`;
      this.plot.replaceChildren(...chart(width, answers, this.config.threshold, lines, summary));
    }

    line(params, kind, label) {
      const { known } = filter(params, this.answers);
      const step = label && masteryStep(known, this.config.threshold);
      return { values: [params.p_init, ...known], kind, label, step };
    }
  }

  class Trace extends Explorer {
    start() {
      this.params = { ...this.config.params };
    }

    controls() {
      this.sliders = NAMES.map((name) => slider((value) => this.change(() => (this.params[name] = value))));
      return [h("div", { class: "kt-grid" }, ...this.sliders.map(({ node }) => node))];
    }

    extras() {
      this.forecast = h("input", { type: "checkbox", change: () => this.draw() });
      return [pick(this.forecast, "forecast P(right answer)")];
    }

    view() {
      const { params, answers, config } = this;
      NAMES.forEach((name, i) => this.sliders[i].show(params[name], `${SYMBOL[name]} ${WORDS[name]}`));
      const sentence = traceSentence(params, answers, config.threshold);
      const lines = [this.line(params, "kt-now", "now")];
      if (this.forecast.checked)
        lines.unshift({ values: filter(params, answers).correct, from: 1, kind: "kt-forecast", label: "forecast" });
      if (NAMES.some((name) => params[name] !== config.params[name]))
        lines.unshift(this.line(config.params, "kt-start", "first setting"));
      return { lines, sentence };
    }
  }

  class Sweep extends Explorer {
    start() {
      this.vary = this.config.vary;
      this.value = this.config.value;
    }

    controls() {
      const name = `kt-sweep-${++groups}`;
      this.radios = NAMES.map((vary) => {
        const choose = () => Object.assign(this, { vary, value: this.config.truth[vary] });
        return h("input", { type: "radio", name, value: vary, change: () => this.change(choose) });
      });
      const choices = this.radios.map((radio) => pick(radio, `${SYMBOL[radio.value]} ${WORDS[radio.value]}`));
      const legend = h("legend", {}, "Which number is wrong?");
      this.slider = slider((value) => this.change(() => (this.value = value)));
      return [
        h("fieldset", { class: "kt-row" }, legend, h("div", { class: "kt-grid", style: "flex: 1" }, ...choices)),
        this.slider.node,
      ];
    }

    view() {
      const { vary, value, answers } = this;
      const { truth, threshold, value: first } = this.config;
      const max = vary === "p_init" ? 1 : Math.max(0.5, truth[vary], first);
      for (const radio of this.radios) radio.checked = radio.value === vary;
      this.slider.show(value, `${SYMBOL[vary]} taken as (truth ${places(truth[vary])})`, max);
      const sentence = sweepSentence(truth, answers, vary, value, threshold);
      const family = Array.from({ length: 9 }, (_, i) => ({ ...truth, [vary]: (max * (i + 1)) / 10 }));
      const lines = [
        ...family.map((params) => this.line(params, "kt-family")),
        this.line(truth, "kt-truth", `truth ${places(truth[vary])}`),
        this.line({ ...truth, [vary]: value }, "kt-now", `taken as ${places(value)}`),
      ];
      return { lines, sentence };
    }
  }

  class Data extends Panel {
    build() {
      const { fewest, bound } = this.config;
      this.most = fewest + bound.length - 1;
      this.stops = [...new Set([...STUDENTS, this.config.students])].sort((a, b) => a - b);
      this.restart();
      this.sliders = [
        slider((i) => this.change(() => (this.students = this.stops[i])), { step: 1 }),
        slider((n) => this.change(() => (this.answers = n)), { min: fewest, step: 1 }),
      ];
      const set = (students, answers) => () => this.change(() => Object.assign(this, { students, answers }));
      const designs = DESIGNS.map(([n, t, words]) => button(`${words}: ${grouped(n)} × ${t}`, set(n, t)));
      const reset = button("Reset", () => this.change(() => this.restart()));
      return [
        h("div", { class: "kt-grid" }, ...this.sliders.map(({ node }) => node)),
        h("div", { class: "kt-row" }, ...designs, reset),
      ];
    }

    restart() {
      ({ students: this.students, answers: this.answers } = this.config);
    }

    draw() {
      const { students, answers, stops, config } = this;
      this.sliders[0].show(stops.indexOf(students), "students", stops.length - 1, grouped(students));
      this.sliders[1].show(answers, "answers each", this.most, `${answers}`);
      const sentence = dataSentence(config, students, answers);
      this.say.textContent = sentence;
      const width = this.plot.clientWidth;
      if (!width) return;
      const intervals = dataIntervals(config, students, answers);
      this.plot.replaceChildren(...bars(width, config.params, intervals, sentence));
    }
  }

  if (!customElements.get("kt-data")) customElements.define("kt-data", Data);
  if (!customElements.get("kt-trace")) customElements.define("kt-trace", Trace);
  if (!customElements.get("kt-sweep")) customElements.define("kt-sweep", Sweep);
}

if (typeof customElements !== "undefined") define();
