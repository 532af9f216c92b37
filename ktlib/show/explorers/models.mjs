// <kt-models>: the same answers under two models, BKT's belief and IRT's ability.

import { button, count, define, key, pair, picture, sample, tenths, whole } from "./base.mjs";
import { filter } from "./bkt.mjs";
import { STUDENT, Student, sure } from "./student.mjs";

const POINTS = 41;

/** Rasch, answer by answer, all questions alike: {mean, sd, forecast}, before the first answer and after each. */
export function ability({ sd, difficulty }, answers) {
  const nodes = Array.from({ length: POINTS }, (_, i) => (-4 + (8 * i) / (POINTS - 1)) * sd);
  const right = nodes.map((node) => 1 / (1 + Math.exp(difficulty - node)));
  let weight = nodes.map((node) => Math.exp(-((node / sd) ** 2) / 2));
  const path = { mean: [], sd: [], forecast: [] };
  for (const answer of [null, ...answers]) {
    if (answer !== null) weight = weight.map((w, i) => w * (answer ? right[i] : 1 - right[i]));
    const total = weight.reduce((sum, w) => sum + w);
    weight = weight.map((w) => w / total);
    const over = (values) => weight.reduce((sum, w, i) => sum + w * values[i], 0);
    const mean = over(nodes);
    path.mean.push(mean);
    path.sd.push(Math.sqrt(over(nodes.map((node) => (node - mean) ** 2))));
    path.forecast.push(over(right));
  }
  return path;
}

/** BKT's P(known), before the first answer and after each, and its forecast for the next. */
export function belief(params, answers) {
  const known = [params.p_init, ...filter(params, answers).known];
  const last = known.at(-1);
  return { known, forecast: last * (1 - params.p_slip) + (1 - last) * params.p_guess };
}

/** Word for word TwoModelsExplorer.finding(). */
export function sentence(config, answers) {
  const turned = [...answers].reverse();
  const [bkt, back] = [answers, turned].map((given) => belief(config.params, given));
  const irt = ability(config, answers);
  const [now, same] = [bkt, irt].map(({ forecast }) => whole([forecast].flat().at(-1)));
  const right = answers.filter((answer) => answer).length;
  const known = `BKT is ${sure(bkt.known.at(-1), 2)} sure that she knows it and forecasts ${now} for the next question`;
  const able = `IRT puts her ability at ${tenths(irt.mean.at(-1))} and forecasts ${same}`;
  const order = `The same answers in reverse order: BKT ${whole(back.forecast)}, IRT still ${same}`;
  return `${right} of ${count(answers.length, "answer")} right. ${known}; ${able}. ${order}.`;
}

class Models extends Student {
  next = { 1: 0, 0: 1 };
  legend = "Her answers (tap to change): ✓\u00a0right, ✗\u00a0wrong";

  start() {}

  controls() {
    return [];
  }

  extras() {
    return [button("Reverse", () => this.change(() => this.answers.reverse()))];
  }

  view() {
    this.showAnswers();
    const said = sentence(this.config, this.answers);
    return { sentence: said, paint: (width) => this.paint(width, said) };
  }

  paint(width, said) {
    const { answers, config } = this;
    const [wide, tall] = width > 520 ? [width / 2 - 8, 240] : [width, 132];
    const axes = (low, high, words, at) => {
      const pic = picture(wide, tall, said, { top: 24 });
      const y = pic.up(low, high, { at, say: (v) => `${v}`.replace("-", "−") });
      const x = pic.across(0, answers.length, { label: "question" });
      pic.text(words, pic.left, 13);
      return { pic, y, points: (values) => values.map((v, t) => [x(t), y(v)]) };
    };
    const dots = ({ pic }, points, kind = "kt-dot") =>
      points.slice(1).forEach((at, t) => pic.dot(answers[t] ? `${kind} kt-right` : kind, ...at));
    const left = axes(0, 1, "BKT: P(known)", [0, 0.5, 1]);
    const known = left.points(belief(config.params, answers).known);
    left.pic.curve("kt-now", known);
    dots(left, known);

    const reach = Math.ceil(2 * config.sd);
    const right = axes(-reach, reach, "IRT: ability θ", [-reach, 0, reach]);
    const { mean, sd } = ability(config, answers);
    const edge = (sign) => right.points(mean.map((m, t) => Math.max(-reach, Math.min(reach, m + sign * sd[t]))));
    right.pic.add("polygon", { class: "kt-spread", points: [...edge(1), ...edge(-1).reverse()].join(" ") });
    right.pic.curve("kt-able", right.points(mean));
    dots(right, right.points(mean), "kt-dot kt-irt");
    const items = [
      [sample("kt-now"), "BKT"],
      [sample("kt-able"), "IRT"],
      [sample("kt-spread", "rect"), "± 1 SD"],
    ];
    return [key(...items), pair(left.pic, right.pic)];
  }
}

define("kt-models", Models, `${STUDENT}
.kt-able { stroke: var(--peer); stroke-width: 2.5 }
.kt-irt { stroke: var(--peer) }
.kt-irt.kt-right { fill: var(--peer) }
.kt-spread { fill: var(--peer); opacity: .15 }`);
