// <kt-trial>: what a trial by class would see, as its effect, its classes and what is known of them change.

import { Panel, define, grid, grouped, key, likely, picture, places, row, sample, slider, tenths, whole } from "./base.mjs";

const MOST = 0.5; // standard deviations across

/** Share of a normal below x, to 8 digits. */
export function normal(x) {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const tail = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const above = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * tail;
  return x > 0 ? 1 - above : above;
}

function parts({ z, classes, students, icc, past_r2 }) {
  const df = 4 * (classes - 1);
  const nu = df - 1;
  const bound =
    z +
    (z ** 3 + z) / (4 * nu) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * nu ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * nu ** 3);
  const one = (1 - past_r2) * (icc + (1 - icc) / students);
  return [bound * (1 - 1 / (4 * nu)), Math.sqrt(((2 * one) / classes) * ((df + 1) / df)), Math.sqrt(1 + bound ** 2 / (2 * nu))];
}

/** Share of such trials that would find an effect of this size. */
export function power(plan, effect) {
  const [bound, error, spread] = parts(plan);
  const away = Math.abs(effect) / error;
  return normal((away - bound) / spread) + normal((-away - bound) / spread);
}

/** The effect that is found in four cases of five. */
export function smallest(plan) {
  const [bound, error, spread] = parts(plan);
  return (bound + plan.z80 * spread) * error;
}

/** Word for word TrialExplorer.finding(). */
export function sentence(plan) {
  const { effect, classes, students, icc } = plan;
  const total = `${grouped(4 * classes)} classes with ${grouped(4 * classes * students)} students`;
  const found = `an effect of ${places(effect)} is found in ${likely(power(plan, effect))} of trials`;
  const worth = tenths(students / (1 + (students - 1) * icc));
  const last = `A class of ${students} tells as much as ${worth} students who have nothing in common.`;
  return `${total} in four arms: ${found}. Four cases of five need ${places(smallest(plan))} or more. ${last}`;
}

function paint(width, plan, said) {
  const pic = picture(width, 250, said, { left: 44 });
  const x = pic.across(0, MOST, { label: "true effect, standard deviations" });
  const y = pic.up(0, 1, { at: [0, 0.2, 0.4, 0.6, 0.8, 1], say: whole });
  const [least, { effect }] = [smallest(plan), plan];
  if (least <= MOST) pic.rule("kt-start", x(least), pic.bottom, x(least), y(0.8));
  pic.rule("kt-start", pic.left, y(0.8), x(Math.min(least, MOST)), y(0.8));
  pic.curve("kt-now", Array.from({ length: 101 }, (_, i) => [x((i * MOST) / 100), y(power(plan, (i * MOST) / 100))]));
  pic.dot("kt-dot kt-right", x(effect), y(power(plan, effect)));
  return [
    key([sample("kt-now"), "trials that find it"], [sample("kt-start"), "four cases of five"]),
    pic.node,
  ];
}

const SLIDERS = {
  effect: ["true effect", { max: MOST }, places],
  classes: ["classes in each arm", { min: 4, max: 400, step: 1 }, grouped],
  students: ["students in a class", { min: 5, max: 40, step: 1 }, String],
  icc: ["of the variance, between classes", { max: 0.6 }, whole],
  past_r2: ["explained by past results", { max: 0.9 }, whole],
};

class Trial extends Panel {
  restart() {
    this.plan = { ...this.config };
  }

  build() {
    this.sliders = Object.entries(SLIDERS).map(([name, [, limits]]) =>
      slider((value) => this.change(() => (this.plan[name] = value)), limits),
    );
    return [grid(...this.sliders.map(({ node }) => node)), row(this.reset())];
  }

  view() {
    const { plan } = this;
    Object.entries(SLIDERS).forEach(([name, [label, , say]], i) => this.sliders[i].show(plan[name], label, say(plan[name])));
    const said = sentence(plan);
    return { sentence: said, paint: (width) => paint(width, plan, said) };
  }
}

define("kt-trial", Trial);
