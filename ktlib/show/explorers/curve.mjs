// <kt-curve>: a question's curve over a belief about one ability, and what either answer would make of it.

import { Panel, button, count, define, grid, key, likely, picture, places, row, sample, scale, slider } from "./base.mjs";

const GRID = Array.from({ length: 1201 }, (_, i) => (i - 600) / 100); // abilities
const [FLAT, OPEN, LITTLE, MOST, FAR] = [0.5, 0.1, 0.97, 60, 4]; // FAR: the picture's ends
const total = (weight) => weight.reduce((sum, w) => sum + w, 0);

/** P(right) of a question at each ability of the grid. */
export const curve = (a, b) => GRID.map((ability) => 1 / (1 + Math.exp(-a * (ability - b))));

/** How much each ability is believed after the answers, [discrimination, difficulty, 1 or 0] each, from N(0, 1). */
export function belief(answers) {
  const weight = GRID.map((ability) => Math.exp(-(ability ** 2) / 2));
  for (const [a, b, right] of answers)
    curve(a, b).forEach((p, i) => (weight[i] *= right ? p : 1 - p));
  const sum = total(weight);
  return weight.map((w) => w / sum);
}

/** Mean and standard deviation of abilities so weighted. */
export function middle(weight) {
  const sum = total(weight);
  const mean = total(weight.map((w, i) => w * GRID[i])) / sum;
  return { mean, sd: Math.sqrt(total(weight.map((w, i) => w * (GRID[i] - mean) ** 2)) / sum) };
}

/** What is believed now and after either answer to the question, the chance of a right one, and the spread left on average. */
export function ahead(answers, a, b) {
  const [now, p] = [belief(answers), curve(a, b)];
  const [right, wrong] = [now.map((w, i) => w * p[i]), now.map((w, i) => w * (1 - p[i]))];
  const chance = total(right);
  const left = chance * middle(right).sd + (1 - chance) * middle(wrong).sd;
  return { now, p, chance, left, ...middle(now), right: right.map((w) => w / chance), wrong: wrong.map((w) => w / (1 - chance)) };
}

/** Word for word CurveExplorer.finding(). */
export function sentence(answers, a, b, found = ahead(answers, a, b)) {
  const { mean, sd, chance, left } = found;
  const seen = answers.length ? `After ${count(answers.length, "answer")}` : "Before any answer";
  const spread = chance * (1 - chance);
  let why = a < FLAT ? ", but its curve is nearly flat" : "";
  if (spread < OPEN) why = `, too ${chance < 0.5 ? "hard" : "easy"} for her`;
  const known = `${seen} her ability is ${places(mean)}, with standard deviation ${places(sd)}.`;
  const asked = `She would get this question right with ${likely(chance)}: p(1 − p) = ${places(spread)}${why}.`;
  const little = left > LITTLE * sd ? ": it says little" : "";
  return `${known} ${asked} On average its answer leaves ${places(left)} of the ${places(sd)}${little}.`;
}

function paint(width, found, b, said) {
  const pic = picture(width, 276, said, { left: 40 });
  const x = pic.across(-FAR, FAR, { at: [-4, -2, 0, 2, 4], say: (v) => `${v}`.replace("-", "−"), label: "ability" });
  const floor = pic.top + 104;
  const up = scale([0, 1], [floor, pic.top + 2]);
  const high = scale([0, Math.max(...found.now, ...found.right, ...found.wrong)], [pic.bottom, floor + 18]);
  const seen = GRID.map((ability, i) => [ability, i]).filter(([ability, i]) => Math.abs(ability) <= FAR && i % 5 === 0);
  const line = (kind, values, y) => pic.curve(kind, seen.map(([ability, i]) => [x(ability), y(values[i])]));
  for (const p of [0, 0.5, 1]) {
    pic.rule("kt-axis", pic.left, up(p), pic.right, up(p));
    pic.text(`${100 * p}%`, pic.left - 6, up(p) + 4, "end");
  }
  pic.rect("kt-band", x(found.mean - found.sd), pic.top, x(found.mean + found.sd), pic.bottom);
  line("kt-truth", found.p, up);
  pic.dot("kt-point", x(b), up(0.5));
  line("kt-if-right", found.right, high);
  line("kt-if-wrong", found.wrong, high);
  line("kt-now", found.now, high);
  return [
    key(
      [sample("kt-truth"), "P(right)"],
      [sample("kt-now"), "belief now, ± 1 standard deviation"],
      [sample("kt-if-right"), "after a right answer"],
      [sample("kt-if-wrong"), "after a wrong one"],
    ),
    pic.node,
  ];
}

class Curve extends Panel {
  restart() {
    ({ discrimination: this.a, difficulty: this.b } = this.config);
    this.answers = [...this.config.answers];
  }

  build() {
    this.sliders = [
      slider((b) => this.change(() => (this.b = b)), { min: -4, max: 4, step: 0.1 }),
      slider((a) => this.change(() => (this.a = a)), { min: 0.1, max: 4, step: 0.1 }),
    ];
    const take = (right) => () =>
      this.change(() => this.answers.length < MOST && this.answers.push([this.a, this.b, right]));
    const back = button("Take back", () => this.change(() => this.answers.pop()));
    const clear = button("No answers", () => this.change(() => (this.answers = [])));
    return [
      grid(...this.sliders.map(({ node }) => node)),
      row(button("✓ She is right", take(1)), button("✗ She is wrong", take(0)), back, clear, this.reset()),
    ];
  }

  view() {
    const { answers, a, b } = this;
    this.sliders[0].show(b, "difficulty β", places(b));
    this.sliders[1].show(a, "discrimination α");
    const found = ahead(answers, a, b);
    const said = sentence(answers, a, b, found);
    return { sentence: said, paint: (width) => paint(width, found, b, said) };
  }
}

define("kt-curve", Curve, `
.kt-if-right { stroke: var(--other); stroke-width: 1.5; stroke-dasharray: 6 3 }
.kt-if-wrong { stroke: var(--peer); stroke-width: 1.5; stroke-dasharray: 2 3 }
.kt-point { fill: var(--ink) }`);
