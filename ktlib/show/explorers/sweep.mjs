// <kt-sweep>: one student judged with one probability wrong.

import { count, define, percent, places, radios, slider } from "./base.mjs";
import { NAMES, SYMBOL, WORDS, filter, flipped, masteryStep } from "./bkt.mjs";
import { STUDENT, Student } from "./student.mjs";

/** Word for word SweepExplorer.finding(). */
export function sentence(truth, answers, vary, value, threshold) {
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

/** Where the slider of a probability starts: beside the truth, as SweepExplorer does. */
export const wrong = (right) => Math.round(1e4 * (right + (right <= 0.3 ? 0.2 : -0.2))) / 1e4;

class Sweep extends Student {
  start() {
    ({ vary: this.vary, value: this.value } = this.config);
  }

  controls() {
    const { truth } = this.config;
    const options = NAMES.map((name) => [name, `${SYMBOL[name]} ${WORDS[name]}`]);
    const choose = (vary) => Object.assign(this, { vary, value: this.first(vary) });
    this.choices = radios("Which number is wrong?", options, (vary) => this.change(() => choose(vary)));
    this.slider = slider((value) => this.change(() => (this.value = value)));
    this.atTruth = () => `${SYMBOL[this.vary]} taken as (truth ${places(truth[this.vary])})`;
    return [this.slider.node, this.choices.node];
  }

  first(vary) {
    const { truth, vary: at, value } = this.config;
    return vary === at ? value : wrong(truth[vary]);
  }

  lines() {
    const { vary, value } = this;
    const { truth } = this.config;
    const max = vary === "p_init" ? 1 : Math.max(0.5, truth[vary], this.first(vary));
    this.choices.show(vary);
    this.slider.show(value, this.atTruth(), places(value), max);
    const family = Array.from({ length: 9 }, (_, i) => ({ ...truth, [vary]: (max * (i + 1)) / 10 }));
    return [
      ...family.map((params) => this.line(params, "kt-family")),
      this.line(truth, "kt-truth", `truth ${places(truth[vary])}`),
      this.line({ ...truth, [vary]: value }, "kt-now", `taken as ${places(value)}`),
    ];
  }

  sentence() {
    return sentence(this.config.truth, this.answers, this.vary, this.value, this.config.threshold);
  }
}

define("kt-sweep", Sweep, STUDENT);
