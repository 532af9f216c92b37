// <kt-factors>: two students under a question's two loadings, and what several numbers a student gain on real logs.

import { Panel, define, grid, key, pair, picture, places, row, sample, slider, thousandths, whole } from "./base.mjs";

const change = (x) => (x < 0 ? "−" : "+") + thousandths(Math.abs(x));
const WAYS = ["fixed", "learned"];

/** P(right) at difficulty 0. */
export const right = (ability, loadings) =>
  1 / (1 + Math.exp(-ability.reduce((eta, theta, k) => eta + theta * loadings[k], 0)));

/** Word for word FactorsExplorer.finding(). at: how far along `stops`. */
export function sentence({ students, stops, gains }, loadings, at) {
  const [ana, ben] = ["Ana", "Ben"].map((name) => whole(right(students[name], loadings)));
  const mean = (students.Ana[0] + students.Ana[1]) / 2;
  const one = whole(right([mean, mean], loadings));
  const [eedi, timss] = gains.map((log) => WAYS.map((way) => change(log[way][at][0]).replace(/.(0.000)/, "$1")).join(" and "));
  const each = `Ana is right with ${ana}, Ben with ${ben}; with one number each, the mean of the two, both with ${one}.`;
  const alike = `Ana and Ben are both right with ${ana}: for this question one number each is enough.`;
  const more = `On answers held back, ${stops[at]} numbers a student instead of one change the AUC, with fixed and`;
  return `${ana === ben ? alike : each} ${more} with learned priors, by ${eedi} on Eedi, by ${timss} on TIMSS.`;
}

// The plane of two abilities: where each student stands, and how the question cuts it.
function plane(width, { students }, loadings, roomy) {
  const pic = picture(width, roomy ? 230 : 165, "Abilities of Ana and Ben, and where a chance is one in two", { left: 30 });
  const grid5 = { at: [-2, -1, 0, 1, 2], say: (v) => `${v}`.replace("-", "−") };
  const [x, y] = [pic.across(-2, 2, { ...grid5, label: "algebra" }), pic.up(-2, 2, grid5)];
  const [a, b] = loadings;
  const far = 2 / Math.max(a, b, 0.01);
  if (a || b) pic.rule("kt-half", x(-b * far), y(a * far), x(b * far), y(-a * far));
  pic.rule("kt-truth", x(0), y(0), x(a), y(b));
  pic.dot("kt-tip", x(a), y(b), 5);
  pic.text("biology ↑", pic.left + 4, pic.top + 12);
  for (const [name, ability] of Object.entries(students)) {
    const p = right(ability, loadings);
    pic.dot("kt-student", x(ability[0]), y(ability[1]), 3 + 8 * p);
    pic.text(`${name} ${whole(p)}`, x(ability[0]), y(ability[1]) + 26, "middle", "kt-name");
  }
  return pic;
}

// What so many numbers gain over one, a row a log.
function bars(width, { gains }, at, roomy) {
  const tall = roomy ? 58 : 22;
  const pic = picture(width, 3 * tall + 50, "Change of the AUC, by log and prior", { left: 72, right: 20 });
  const say = (v) => (v ? change(v).replace(/0$/, "") : "0");
  const x = pic.across(-0.045, 0.05, { at: [-0.04, -0.02, 0, 0.02, 0.04], say, label: "AUC against one number" });
  pic.rule("kt-truth", x(0), pic.top, x(0), pic.bottom);
  gains.forEach((log, i) => {
    const middle = pic.top + (i + 0.5) * tall;
    pic.text(log.name, 0, middle + 4);
    WAYS.forEach((way, j) => {
      const [[mean, low, high], y] = [log[way][at], middle + 10 * j - 5];
      pic.rule(`kt-${way}`, x(low), y, x(high), y);
      pic.dot(`kt-${way} kt-fill`, x(mean), y, 4);
    });
  });
  return pic;
}

class Factors extends Panel {
  restart() {
    this.loadings = [...this.config.loadings];
    this.at = this.config.stops.indexOf(this.config.factors);
  }

  build() {
    const { stops } = this.config;
    const load = (k) => slider((value) => this.change(() => (this.loadings[k] = value)), { max: 2, step: 0.1 });
    const many = slider((at) => this.change(() => (this.at = at)), { max: stops.length - 1, step: 1 });
    this.sliders = [load(0), load(1), many];
    return [grid(...this.sliders.map(({ node }) => node)), row(this.reset())];
  }

  view() {
    const { config, loadings, at } = this;
    ["algebra", "biology"].forEach((skill, k) => this.sliders[k].show(loadings[k], `the question's loading on ${skill}`));
    this.sliders[2].show(at, "numbers a student, on real answers", `${config.stops[at]}`);
    const said = sentence(config, loadings, at);
    const items = [
      [sample("kt-truth"), "the question"],
      [sample("kt-half"), "one chance in two"],
      [sample("kt-fixed"), "priors fixed"],
      [sample("kt-learned"), "priors learned"],
    ];
    const paint = (width) => {
      const roomy = width > 520;
      const each = roomy ? width / 2 - 9 : width;
      const both = [plane(each, config, loadings, roomy), bars(each, config, at, roomy)];
      return [key(...items), pair(...both)];
    };
    return { sentence: said, paint };
  }
}

define("kt-factors", Factors, `
.kt-half { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 6 4 }
.kt-tip { fill: var(--ink) }
.kt-student { fill: var(--other); opacity: .8 }
.kt-name { font-weight: 600 }
.kt-fixed { stroke: var(--peer); stroke-width: 2 }
.kt-learned { stroke: var(--estimate); stroke-width: 2 }
.kt-fixed.kt-fill { fill: var(--peer) }
.kt-learned.kt-fill { fill: var(--estimate) }`);
