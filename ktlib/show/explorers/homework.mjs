// <kt-homework>: be the student. Questions chosen for you, a module for each one missed, and what is believed of you.

import { Panel, button, count, define, grid, key, likely, picture, places, row, sample, slider, tenths, whole } from "./base.mjs";
import { PARTS, after, belief, choose, homework, play, sum } from "./session.mjs";

/** Word for word HomeworkExplorer.finding(). */
export function sentence(told, { log, kind, question, exercise, hints }) {
  const { mean, sd, known, forecast } = belief(told, log);
  const able = `Your ability: ${tenths(mean)} ± ${tenths(1.96 * sd)}.`;
  const first = log.filter((answer) => answer.kind === "homework");
  if (kind === "done") {
    const right = sum(first.map(({ correct }) => correct));
    return `Done: ${right} of ${count(first.length, "question")} right, ${count(first.length - right, "module")}. ${able}`;
  }
  const { name, needs } = told.bank[question];
  const weakest = needs.reduce((one, other) => (known[other] < known[one] ? other : one));
  const skill = `${told.skills[weakest]}, P(known) ${likely(known[weakest])}`;
  const given = hints ? `, ${count(hints, "hint")} given` : "";
  if (kind === "module")
    return `You missed “${name}”: a module on ${skill}. Exercise ${exercise} of ${told.exercises}${given}. Only a right answer moves on.`;
  const chance = `“${name}”, forecast ${likely(forecast[question])} right`;
  if (kind === "similar") return `One like it: ${chance}. Right or wrong, the homework goes on. ${able}`;
  const [{ parts, score }] = choose(told, log);
  const made = PARTS.filter((part) => told[part]).map((part) => `${places(parts[part])} for ${part}`).join(" + ");
  return `Question ${first.length + 1} of ${told.questions}: ${chance}; score ${places(score)} = ${made}. It needs ${skill}. ${able}`;
}

class Homework extends Panel {
  restart() {
    this.told = { ...this.config };
    this.state = play(this.told, this.told.answers);
  }

  build() {
    const answer = (correct) => () =>
      this.state.kind === "done" || this.change(() => (this.state = after(this.told, this.state, correct)));
    this.answers = [button("Right", answer(1)), button("Wrong", answer(0))];
    this.sliders = ["target", ...PARTS].map((name) => [name, slider((value) => this.change(() => this.set(name, value)),
      name === "target" || name === "closeness" ? { min: 0.05, max: 0.95, step: 0.05 } : { step: 0.05 })]);
    return [row(...this.answers, this.reset()), grid(...this.sliders.map(([, { node }]) => node))];
  }

  set(name, value) {
    this.told[name] = value;
    if (this.state.kind === "homework") this.state = homework(this.told, this.state, 1 + this.state.left.length);
  }

  view() {
    const { state, told } = this;
    for (const one of this.answers) one.setAttribute("aria-disabled", state.kind === "done");
    for (const [name, { show }] of this.sliders)
      show(told[name], name === "target" ? "P(right) aimed at" : `weight of ${name}`, name === "target" ? whole(told[name]) : undefined);
    const said = sentence(told, state);
    return { sentence: said, paint: (width) => this.paint(width, said) };
  }

  paint(width, said) {
    const { told, state } = this;
    const { known, forecast } = belief(told, state.log);
    const tall = 42;
    const pic = picture(width, told.skills.length * tall + 50, said, { left: 8 });
    const x = pic.across(0, 1, { label: "probability", at: [0, 0.25, 0.5, 0.75, 1], say: whole });
    const y = (skill) => pic.top + tall * (skill + 0.7);
    known.forEach((p, skill) => {
      pic.rect("kt-band", x(0), y(skill) - 9, x(p), y(skill) + 9);
      pic.text(`${told.skills[skill]} ${likely(p)}`, x(0) + 2, y(skill) - 14);
    });
    pic.rule("kt-aim", x(told.target), pic.top, x(told.target), pic.bottom);
    told.bank.forEach(({ needs }, i) => {
      const tried = state.log.some(({ question }) => question === i);
      const next = state.left.includes(i) || i === state.question;
      pic.dot(next ? "kt-dot kt-right" : tried ? "kt-tried" : "kt-dot", x(forecast[i]), y(needs[0]), i === state.question ? 8 : tried ? 2 : 4.5);
    });
    return [key([sample("kt-band", "rect"), "P(known)"], [sample("kt-dot kt-right", "circle"), "chosen, now the large one"],
      [sample("kt-dot", "circle"), "not chosen"], [sample("kt-aim"), "aim"]), pic.node];
  }
}

define("kt-homework", Homework, `.kt-aim { stroke: var(--prior); stroke-width: 2; stroke-dasharray: 7 3 }
.kt-tried { fill: var(--ink) }
.kt-row button[aria-disabled=true] { opacity: .4; cursor: default }`);
