// <kt-data>: the 95% intervals that so many students with so many answers each can give.

import { Panel, button, count, define, grid, grouped, key, picture, places, row, sample, slider, thousandths } from "./base.mjs";
import { NAMES, SYMBOL, WORDS } from "./bkt.mjs";

const Z = 1.96;
const AIMS = [0.05, 0.02, 0.01];
const REACHES = [1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001];
const STUDENTS = [10, 15, 22, 30, 40, 50, 70].flatMap((n) => [n, n * 10, n * 100]).concat(200, 2000, 10000);
const DESIGNS = [
  [22, 9, "a class, a month"],
  [22, 60, "a semester"],
  [200, 15, "a year group"],
  [1000, 20, "many schools"],
];

/**
 * What so many students with so many answers each can tell: {half, interval, seen} for each parameter, in NAMES' order.
 * config: params, fewest (answers of the first row), and bound and floor, rows of four standard errors times √students.
 * half: 1.96 standard errors. interval: [low, high], that far in logits, so inside (0, 1). seen: could knowing be seen.
 */
export function intervals({ params, fewest, bound, floor }, students, answers) {
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

/** Word for word DataExplorer.finding(). */
export function sentence(config, students, answers) {
  const half = intervals(config, students, answers).map(({ half }) => half);
  const each = NAMES.map((name, i) => `${SYMBOL[name]} ±${thousandths(half[i])}`).join(", ");
  const all = `${count(students, "student")} with ${answers} answers each, ${grouped(students * answers)} in all`;
  const said = `${all}: 95% of fits lie, at best, within ${each}.`;
  const worst = half.indexOf(Math.max(...half));
  const aim = AIMS.find((a) => a < half[worst]);
  if (!aim) return said;
  const need = Math.ceil(((Z * config.bound[answers - config.fewest][worst]) / aim) ** 2);
  return `${said} For ${SYMBOL[NAMES[worst]]} within ±${aim} it takes ${grouped(need)} students.`;
}

/** How far the axis reaches to either side of the truth: the round number that just holds what is seen. */
export function reach(params, found) {
  const furthest = Math.max(...found.flatMap(({ interval }, i) => interval.map((p) => Math.abs(p - params[NAMES[i]]))));
  return REACHES.findLast((far) => far >= furthest) ?? 1;
}

// One bar a parameter, each around its own truth.
function bars(width, params, found, summary) {
  const tall = 42;
  const far = reach(params, found);
  const pic = picture(width, 4 * tall + 46, summary, { left: 8, top: 4, bottom: 42 });
  const signed = (value) => (value > 0 ? `+${value}` : `${value}`.replace("-", "−"));
  const x = pic.across(-far, far, { at: [-far, -far / 2, 0, far / 2, far], say: signed, label: "away from the truth" });
  found.forEach(({ half, interval, seen }, i) => {
    const name = NAMES[i];
    const [p, y] = [params[name], i * tall + 32];
    const bar = (kind, [low, high], thick) => pic.rect(kind, x(low - p), y - thick / 2, x(high - p), y + thick / 2);
    pic.text(`${SYMBOL[name]} ${WORDS[name]}, ${places(p)}`, pic.left + 4, y - 13);
    pic.text(`±${thousandths(half)}`, pic.right, y - 13, "end");
    bar("kt-interval", interval, 14);
    bar("kt-floor", seen, 5);
    pic.rule("kt-truth", x(0), y - 9, x(0), y + 9);
  });
  const items = [
    [sample("kt-interval", "rect"), "95% interval"],
    [sample("kt-floor", "rect"), "could we see who knows it"],
    [sample("kt-truth"), "truth"],
  ];
  return [key(...items), pic.node];
}

class Data extends Panel {
  restart() {
    ({ students: this.students, answers: this.answers } = this.config);
  }

  build() {
    const { fewest, bound, students } = this.config;
    this.stops = [...new Set([...STUDENTS, students])].sort((a, b) => a - b);
    const whole = { min: fewest, max: fewest + bound.length - 1, step: 1 };
    this.sliders = [
      slider((i) => this.change(() => (this.students = this.stops[i])), { max: this.stops.length - 1, step: 1 }),
      slider((n) => this.change(() => (this.answers = n)), whole),
    ];
    const set = (students, answers) => () => this.change(() => Object.assign(this, { students, answers }));
    const designs = DESIGNS.map(([n, t, words]) => button(`${words}: ${grouped(n)} × ${t}`, set(n, t)));
    return [grid(...this.sliders.map(({ node }) => node)), row(...designs, this.reset())];
  }

  view() {
    const { students, answers, stops, config } = this;
    this.sliders[0].show(stops.indexOf(students), "students", grouped(students));
    this.sliders[1].show(answers, "answers each", `${answers}`);
    const said = sentence(config, students, answers);
    const found = intervals(config, students, answers);
    return { sentence: said, paint: (width) => bars(width, config.params, found, said) };
  }
}

define("kt-data", Data, `
.kt-interval { fill: var(--estimate); opacity: .4 }
.kt-floor { fill: var(--estimate) }`);
