// <kt-rare>: what a new question's own answers tell, beside what its attributes tell.

import { Panel, count, define, key, picture, radios, sample, slider, thousandths } from "./base.mjs";

/** Word for word RareExplorer.finding(). at: how far along `kept`. */
export function sentence({ kept, logs }, log, at) {
  const { name, own, both, alone, crossed, items, draws } = logs[log];
  const lead = own[at] < alone ? "own answers lead, but not surely" : "attributes alone tell more";
  const verdict = kept[at] >= crossed ? "the question's own answers tell more" : lead;
  const seen = kept[at] ? count(kept[at], "own answer") : "no own answer";
  const [from, apart] = [`${thousandths(own[at])} from own answers`, `${thousandths(alone)} from attributes alone`];
  const wins = `Own answers surely win from ${crossed} on (${items} questions, drawn ${draws} times).`;
  return `${name}, ${seen}: ${verdict}. Log loss is ${from}, ${apart}, ${thousandths(both[at])} from both. ${wins}`;
}

function paint(width, { kept, logs }, log, at, said) {
  const { own, both, alone, crossed } = logs[log];
  const pic = picture(width, 260, said, { left: 46, right: 16 });
  const x = pic.across(0, kept.length - 1, { at: kept.map((_, i) => i), say: (i) => kept[i], label: "own answers in training" });
  const all = [...own, ...both, alone];
  const y = pic.up(Math.min(...all) - 0.005, Math.max(...all) + 0.005, { say: (loss) => loss.toFixed(2) });
  pic.rule("kt-marker", x(at), pic.top, x(at), pic.bottom);
  pic.rule("kt-attributes", pic.left, y(alone), pic.right, y(alone));
  for (const [kind, values] of [["kt-own", own], ["kt-now", both]]) {
    pic.curve(kind, values.map((loss, i) => [x(i), y(loss)]));
    pic.dot(`${kind} kt-here`, x(at), y(values[at]));
  }
  const won = kept.indexOf(crossed);
  pic.dot("kt-crossing", x(won), y(own[won]), 9);
  return [
    key(
      [sample("kt-own"), "own answers"],
      [sample("kt-attributes"), "attributes alone"],
      [sample("kt-now"), "both"],
      [sample("kt-crossing", "circle"), "own answers win"],
      [null, "log loss: lower is better"],
    ),
    pic.node,
  ];
}

class Rare extends Panel {
  restart() {
    this.log = this.config.log;
    this.at = this.config.kept.indexOf(this.config.answers);
  }

  build() {
    const { kept, logs } = this.config;
    this.slider = slider((at) => this.change(() => (this.at = at)), { max: kept.length - 1, step: 1 });
    const names = Object.entries(logs).map(([log, { name }]) => [log, name]);
    this.choice = radios("Which log?", names, (log) => this.change(() => (this.log = log)));
    return [this.slider.node, this.choice.node];
  }

  view() {
    const { config, log, at } = this;
    this.slider.show(at, "the question's own answers", `${config.kept[at]}`);
    this.choice.show(log);
    const said = sentence(config, log, at);
    return { sentence: said, paint: (width) => paint(width, config, log, at, said) };
  }
}

define("kt-rare", Rare, `
.kt-own { stroke: var(--peer); stroke-width: 2.5 }
.kt-attributes { stroke: var(--prior); stroke-width: 2; stroke-dasharray: 6 4 }
.kt-marker { stroke: var(--line); stroke-width: 12 }
.kt-here { fill: var(--page) }
.kt-crossing { stroke: var(--ink); stroke-width: 1.5 }`);
