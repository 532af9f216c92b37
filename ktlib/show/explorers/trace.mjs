// <kt-trace>: one student's P(known), answer by answer, with a slider for each of the four probabilities.

import { count, define, grid, h, percent, pick, slider } from "./base.mjs";
import { NAMES, SYMBOL, WORDS, filter, flipped, masteryStep } from "./bkt.mjs";
import { STUDENT, Student, sure } from "./student.mjs";

/** Word for word TraceExplorer.finding(). */
export function sentence(params, answers, threshold) {
  const { known } = filter(params, answers);
  const gaps = answers.filter((answer) => answer === null).length;
  const seen = gaps ? `${count(known.length, "question")} (${gaps} not asked)` : count(known.length, "answer");
  const last = known.at(-1);
  const step = masteryStep(known, threshold);
  const reached = step ? `reached at question ${step}${last < threshold ? ", then lost" : ""}` : "not reached";
  const doubt = `the model is ${sure(last, threshold)} sure she knows it`;
  return `After ${seen} ${doubt}; mastery (${percent(threshold)}) ${reached}.${flipped(params)}`;
}

class Trace extends Student {
  start() {
    this.params = { ...this.config.params };
  }

  controls() {
    this.sliders = NAMES.map((name) => slider((value) => this.change(() => (this.params[name] = value))));
    return [grid(...this.sliders.map(({ node }) => node))];
  }

  extras() {
    this.forecast = h("input", { type: "checkbox", change: () => this.draw() });
    return [pick(this.forecast, "forecast P(right answer)")];
  }

  lines() {
    const { params, answers, config } = this;
    NAMES.forEach((name, i) => this.sliders[i].show(params[name], `${SYMBOL[name]} ${WORDS[name]}`));
    const lines = [this.line(params, "kt-now", "now")];
    if (this.forecast.checked)
      lines.unshift({ values: filter(params, answers).correct, from: 1, kind: "kt-forecast", label: "forecast" });
    if (NAMES.some((name) => params[name] !== config.params[name]))
      lines.unshift(this.line(config.params, "kt-start", "first setting"));
    return lines;
  }

  sentence() {
    return sentence(this.params, this.answers, this.config.threshold);
  }
}

define("kt-trace", Trace, STUDENT);
