// <kt-shared>: how far apart two classes are said to be, by how many questions they share.

import { Panel, count, define, grid, key, picture, places, row, sample, slider, whole } from "./base.mjs";

/** Word for word SharedExplorer.finding(). at: how far along leads and shareds. */
export function sentence({ leads, shareds, one, own, n }, [lead, shared]) {
  const said = ([mean, half]) => `${places(mean)} ± ${places(half)}`;
  const truth = leads[lead];
  const part = whole(Math.max(0, 1 - one[lead][shared][0] / truth));
  const hidden = truth ? `One prior for all hides ${part} of the lead.` : "The classes are equal: any distance is of the fit's making.";
  return (
    `${count(shareds[shared], "shared question")}, class B really ${places(truth)} ahead. One prior for all says ` +
    `${said(one[lead][shared])}; a middle of its own for each class, ${said(own[lead][shared])}. ${hidden} ` +
    `Averages over ${n} pairs of classes.`
  );
}

function paint(width, { leads, one, own }, [lead, shared], said) {
  const pic = picture(width, 220, said, { left: 10, right: 12 });
  const say = (v) => `${v}`.replace("-", "−");
  const x = pic.across(-1, 2.5, { at: [-1, 0, 1, 2], say, label: "class B above class A, in units of ability" });
  const truth = x(leads[lead]);
  pic.rule("kt-truth", x(0), pic.top, x(0), pic.bottom);
  pic.text("class A", x(0) - 6, pic.top + 12, "end");
  pic.rule("kt-really", truth, pic.top, truth, pic.bottom);
  pic.text("B, really", truth + 6, pic.top + 12);
  [["kt-one", one], ["kt-now", own]].forEach(([kind, found], i) => {
    const y = pic.top + 60 + 60 * i;
    const [mean, half] = found[lead][shared];
    for (const [other] of found[lead]) pic.dot(`${kind} kt-ghost`, x(other), y, 3);
    pic.rule("kt-drift", truth, y, x(mean), y);
    pic.rule(`${kind} kt-range`, x(mean - half), y, x(mean + half), y);
    pic.dot(`${kind} kt-mean`, x(mean), y, 7);
    pic.text(i ? "each class its own middle" : "one prior for all", pic.left, y - 18);
  });
  const items = [
    [sample("kt-one"), "B as the fit says, ± 95%"],
    [sample("kt-ghost kt-one", "circle"), "with other numbers shared"],
    [sample("kt-really"), "truth"],
  ];
  return [key(...items), pic.node];
}

class Shared extends Panel {
  restart() {
    const { leads, shareds, lead, shared } = this.config;
    this.at = [leads.indexOf(lead), shareds.indexOf(shared)];
  }

  build() {
    const { leads, shareds } = this.config;
    const stops = (which, all) =>
      slider((i) => this.change(() => (this.at[which] = i)), { max: all.length - 1, step: 1 });
    this.sliders = [stops(1, shareds), stops(0, leads)];
    return [grid(...this.sliders.map(({ node }) => node)), row(this.reset())];
  }

  view() {
    const { config, at } = this;
    this.sliders[0].show(at[1], "questions that both classes answer", `${config.shareds[at[1]]}`);
    this.sliders[1].show(at[0], "class B really ahead by", places(config.leads[at[0]]));
    const said = sentence(config, at);
    return { sentence: said, paint: (width) => paint(width, config, at, said) };
  }
}

define("kt-shared", Shared, `
.kt-one { stroke: var(--peer); stroke-width: 2 }
.kt-range { stroke-width: 3 }
.kt-mean { fill: var(--page); stroke-width: 2.5 }
.kt-ghost { stroke-width: 1; opacity: .5 }
.kt-drift { stroke: var(--line); stroke-width: 8 }
.kt-really { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 2 4 }`);
