// Explorers that follow one student: answers to tap, and P(known) after each.

import { Panel, button, group, h, key, percent, picture, round, row, sample, scale } from "./base.mjs";
import { filter, masteryStep } from "./bkt.mjs";

/** p in whole per cent, never rounded up to the threshold, nor to 0 or 100. */
export function sure(p, threshold) {
  if (p < 0.005) return "less than 1%";
  if (p > 0.995) return "more than 99%";
  const rounded = round(100 * p);
  return `${p < threshold && rounded >= 100 * threshold ? rounded - 1 : rounded}%`;
}

// lines: {values, kind, label, step, from}; `from` is the x of the first value, `step` where mastery is declared.
function chart(width, answers, threshold, lines, summary) {
  const pic = picture(width, Math.round(Math.min(300, Math.max(200, width * 0.45))), summary);
  const n = answers.length;
  const every = Math.ceil((n * 30) / (pic.right - pic.left));
  const x = scale([0, n], [pic.left, pic.right]);
  const y = pic.up(0, 1, { at: [0, 0.25, 0.5, 0.75, 1] });
  for (let t = every; t <= n; t += every) pic.text(t, x(t), pic.bottom + 18, "middle");
  pic.text("question", (pic.left + pic.right) / 2, pic.bottom + 37, "middle");
  pic.rule("kt-mastery", pic.left, y(threshold), pic.right, y(threshold));

  const named = lines.filter((line) => line.label);
  const [first, second] = named.flatMap((line) => line.step ?? []).sort((a, b) => a - b);
  if (second) pic.rect("kt-band", x(first), pic.top, x(second), pic.bottom);
  for (const { values, from = 0, kind, step } of lines) {
    pic.curve(kind, values.map((p, i) => [x(from + i), y(p)]));
    if (step) pic.rule(`${kind} kt-drop`, x(step), y(threshold), x(step), pic.bottom);
    if (kind !== "kt-now") continue;
    answers.forEach((answer, t) =>
      pic.dot(answer ? "kt-dot kt-right" : "kt-dot", x(t + 1), y(values[t + 1]), answer === null ? 2 : 4.5),
    );
  }
  const items = [...named, { kind: "kt-mastery", label: `mastery, ${percent(threshold)}` }];
  return [key([null, "P(known)"], ...items.map(({ kind, label }) => [sample(kind), label])), pic.node];
}

const MOST = 60;
const LOOK = {
  1: ["✓", "right", "kt-answer kt-right"],
  0: ["✗", "wrong", "kt-answer"],
  null: ["·", "not asked", "kt-answer kt-gap"],
};

export const STUDENT = `
.kt-row .kt-answer { padding: 0 }
.kt-answer.kt-right { background: color-mix(in srgb, var(--estimate) 22%, transparent); border-color: var(--estimate) }
.kt-answer.kt-gap { border-style: dashed; font-weight: bold }
.kt-mastery { stroke: var(--ink); stroke-dasharray: 6 4 }
.kt-forecast { stroke: var(--other); stroke-width: 1.5 }
.kt-family { stroke: var(--estimate); opacity: .45 }
.kt-drop { stroke-width: 1; stroke-dasharray: 2 3 }`;

/** A subclass gives start() (its own state), controls(), extras() and lines(), and sentence(). */
export class Student extends Panel {
  next = { 1: 0, 0: null, null: 1 };
  legend = "Her answers (tap to change): ✓\u00a0right, ✗\u00a0wrong, ·\u00a0not\u00a0asked";

  restart() {
    this.answers = [...this.config.answers];
    this.start();
  }

  build() {
    this.buttons = group(this.legend);
    const add = button("Add", () => this.change(() => this.answers.length < MOST && this.answers.push(1)));
    const remove = button("Remove", () => this.change(() => this.answers.length > 1 && this.answers.pop()));
    return [...this.controls(), this.buttons, row(add, remove, this.reset(), ...this.extras())];
  }

  extras() {
    return [];
  }

  showAnswers() {
    const { answers, buttons } = this;
    while (buttons.children.length > answers.length + 1) buttons.lastChild.remove();
    for (let t = buttons.children.length - 1; t < answers.length; t++)
      buttons.append(button("", () => this.change(() => (this.answers[t] = this.next[this.answers[t]]))));
    answers.forEach((answer, t) => {
      const [mark, words, look] = LOOK[answer];
      const node = buttons.children[t + 1];
      Object.assign(node, { textContent: mark, className: look });
      node.setAttribute("aria-label", `question ${t + 1}: ${words}`);
    });
  }

  view() {
    this.showAnswers();
    let lines = [];
    let sentence;
    try {
      [lines, sentence] = [this.lines(), this.sentence()];
    } catch (error) {
      sentence = error.message;
    }
    const summary = `P(known) after each question. ${sentence}`;
    const { answers, config } = this;
    return { sentence, paint: (width) => chart(width, answers, config.threshold, lines, summary) };
  }

  line(params, kind, label) {
    const { known } = filter(params, this.answers);
    const step = label && masteryStep(known, this.config.threshold);
    return { values: [params.p_init, ...known], kind, label, step };
  }
}
