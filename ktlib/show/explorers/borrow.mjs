// <kt-borrow>: what a class says alone, what other skills say, and both together.

import { Panel, count, define, grid, grouped, key, picture, places, radios, row, sample, slider, whole } from "./base.mjs";
import { NAMES, SYMBOL, WORDS } from "./bkt.mjs";

const Z = 1.96;
const STUDENTS = [1, 2, 5, 10, 15, 22, 30, 40, 50, 70, 100, 150, 200, 300, 500, 700, 1000];
const TICKS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 0.9, 0.97, 0.99, 0.997, 0.999];

export const logit = (p) => Math.log(p / (1 - p));
export const expit = (x) => 1 / (1 + Math.exp(-x));

/** The diagonal of the inverse of a positive definite matrix, by elimination. */
export function inverseDiagonal(matrix) {
  const n = matrix.length;
  const rows = matrix.map((line, i) => [...line, ...line.map((_, j) => +(i === j))]);
  for (let k = 0; k < n; k++) {
    const pivot = rows[k][k];
    rows[k] = rows[k].map((v) => v / pivot);
    for (let i = 0; i < n; i++) {
      const times = rows[i][k];
      if (i !== k) rows[i] = rows[i].map((v, j) => v - times * rows[k][j]);
    }
  }
  return rows.map((line, i) => line[n + i]);
}

/**
 * How much a class of so many counts for one probability, and where the two together come out.
 * config: mean and sd of the prior, four logits each; information: one student's, a 4 × 4 matrix in logits for each
 * number of answers. own: what the class alone says. The other three are unknown too, each as the prior has it.
 * Returns weight, and logits: alone and together, each [mean, sd].
 */
export function borrow({ mean, sd, fewest, information }, vary, students, answers, own) {
  const k = NAMES.indexOf(vary);
  const both = information[answers - fewest].map((line, i) =>
    line.map((v, j) => students * v + (i === j ? 1 / sd[i] ** 2 : 0)),
  );
  const left = inverseDiagonal(both)[k]; // variance
  const weight = 1 - left / sd[k] ** 2;
  const together = mean[k] + weight * (logit(own) - mean[k]);
  const alone = Math.sqrt(1 / Math.max(1e-9, 1 / left - 1 / sd[k] ** 2));
  return { weight, alone: [logit(own), alone], together: [together, Math.sqrt(left)] };
}

/** Word for word BorrowExplorer.finding(). */
export function sentence(config, vary, students, answers, own) {
  const { weight, together } = borrow(config, vary, students, answers, own);
  const typical = places(expit(config.mean[NAMES.indexOf(vary)]));
  const [middle, sd] = together;
  const [low, high] = [-Z, Z].map((z) => places(expit(middle + z * sd)));
  const share = Math.floor(100 * weight + 0.5);
  const design = `${count(students, "student")} with ${count(answers, "answer")} each`;
  const alone = `${design}: alone they say ${SYMBOL[vary]} ${places(own)}, the typical skill has ${typical}`;
  const found = `Together ${places(expit(middle))} (95%: ${low} to ${high})`;
  return `${alone}. ${found}. The class counts for ${share}%, the other skills for ${100 - share}%.`;
}

class Borrow extends Panel {
  restart() {
    const { vary, students, answers, own } = this.config;
    Object.assign(this, { vary, students, answers, own });
  }

  build() {
    const { fewest, information, students } = this.config;
    this.stops = [...new Set([...STUDENTS, students])].sort((a, b) => a - b);
    const set = (name, of = (v) => v) => (value) => this.change(() => (this[name] = of(value)));
    this.sliders = [
      slider(set("students", (i) => this.stops[i]), { max: this.stops.length - 1, step: 1 }),
      slider(set("answers"), { min: fewest, max: fewest + information.length - 1, step: 1 }),
      slider(set("own"), { min: 0.01, max: 0.99 }),
    ];
    this.choices = radios("Which number?", NAMES.map((name) => [name, `${SYMBOL[name]} ${WORDS[name]}`]), set("vary"));
    return [grid(...this.sliders.map(({ node }) => node)), this.choices.node, row(this.reset())];
  }

  view() {
    const { vary, students, answers, own, sliders, config } = this;
    sliders[0].show(this.stops.indexOf(students), "students in the class", grouped(students));
    sliders[1].show(answers, "answers each", `${answers}`);
    sliders[2].show(own, `the class alone says ${SYMBOL[vary]}`);
    this.choices.show(vary);
    const said = sentence(config, vary, students, answers, own);
    return { sentence: said, paint: (width) => this.paint(width, said) };
  }

  paint(width, said) {
    const { vary, config } = this;
    const { weight, alone, together } = borrow(config, vary, this.students, this.answers, this.own);
    const k = NAMES.indexOf(vary);
    const others = [config.mean[k], config.sd[k]];
    const ends = [-1, 1].map((side) => others[0] + side * Math.max(3.2 * others[1], Math.abs(alone[0] - others[0]) + 1));
    const pic = picture(width, width > 520 ? 250 : 190, said, { left: 8 });
    const inside = (v) => v > ends[0] && v < ends[1];
    const at = TICKS.map(logit).filter(inside);
    const x = pic.across(...ends, { label: `${SYMBOL[vary]} ${WORDS[vary]}`, at, say: (v) => `${+expit(v).toFixed(3)}` });
    const hill = (kind, [mean, sd]) => {
      const points = Array.from({ length: 81 }, (_, i) => ends[0] + ((ends[1] - ends[0]) * i) / 80);
      const near = [-2, -1, 0, 1, 2].map((z) => mean + z * sd).filter(inside);
      const all = [...points, ...near].sort((a, b) => a - b);
      const y = (v) => pic.bottom - Math.exp(-(((v - mean) / sd) ** 2) / 2) * (pic.bottom - pic.top - 14);
      pic.curve(kind, all.map((v) => [x(v), y(v)]));
      pic.rule(`${kind} kt-thin`, x(mean), pic.bottom, x(mean), y(mean));
    };
    hill("kt-others", others);
    hill("kt-alone", alone);
    hill("kt-both", together);
    const items = [
      [sample("kt-others"), "other skills"],
      [sample("kt-alone"), "the class alone"],
      [sample("kt-both"), `together: class ${whole(weight)}`],
    ];
    return [key(...items), pic.node];
  }
}

define("kt-borrow", Borrow, `
.kt-others { stroke: var(--prior); stroke-width: 2; stroke-dasharray: 7 3 }
.kt-alone { stroke: var(--peer); stroke-width: 2; stroke-dasharray: 2 3 }
.kt-both { stroke: var(--estimate); stroke-width: 3 }
.kt-thin { stroke-width: 1 }`);
