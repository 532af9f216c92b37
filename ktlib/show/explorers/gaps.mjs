// <kt-gaps>: a real gap and chance, and the line where a flag is raised.

import { Panel, count, define, grid, key, picture, round, row, sample, slider, tenths, whole } from "./base.mjs";

/** The normal distribution function: a series near 0 (Marsaglia 2004), 0 or 1 far away. */
export function normal(x) {
  if (Math.abs(x) > 8) return x > 0 ? 1 : 0;
  let [sum, term] = [x, x];
  for (let k = 3; Math.abs(term) > 1e-17; k += 2) sum += term *= (x * x) / k;
  return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
}

/** error of a share less her own level; the line for a flag; the share of gaps found; false alarms a class. */
export function rates({ answers, gap, sure, areas, children, right, z }) {
  const error = Math.sqrt(((right * (1 - right)) / answers) * (1 - 1 / areas));
  const [, at] = z.find(([p]) => p === sure);
  return { error, line: -at * error, found: normal(gap / error - at), false: children * areas * (1 - sure) };
}

/** Word for word GapsExplorer.finding(). */
export function sentence(state) {
  const { answers, gap, children } = state;
  const { found, false: alarms } = rates(state);
  const told = `${count(answers, "answer")} in an area, a gap of ${count(round(100 * gap), "point")}`;
  const cost = `A class of ${children} without any gap gets ${tenths(alarms)} false alarms.`;
  return `${told}: ${whole(found)} of such gaps are found. ${cost}`;
}

class Gaps extends Panel {
  restart() {
    this.state = { ...this.config };
  }

  build() {
    const { most, z } = this.config;
    const set = (name, of = (v) => v) => (value) => this.change(() => (this.state[name] = of(value)));
    this.sliders = [
      slider(set("answers"), { min: 1, max: Math.min(most, 60), step: 1 }),
      slider(set("gap"), { min: 0.02, max: 0.5, step: 0.01 }),
      slider(set("sure", (i) => z[i][0]), { max: z.length - 1, step: 1 }),
    ];
    return [grid(...this.sliders.map(({ node }) => node)), row(this.reset())];
  }

  view() {
    const { answers, gap, sure, z } = this.state;
    this.sliders[0].show(answers, "answers in each area", `${answers}`, Math.max(60, answers));
    this.sliders[1].show(gap, "size of the gap, points", `${round(100 * gap)}`);
    this.sliders[2].show(z.findIndex(([p]) => p === sure), "how sure before a mark", `${+(100 * sure).toFixed(1)}%`);
    const said = sentence(this.state);
    return { sentence: said, paint: (width) => this.paint(width, said) };
  }

  paint(width, said) {
    const { gap } = this.state;
    const { error, line, found, false: alarms } = rates(this.state);
    const pic = picture(width, width > 520 ? 250 : 190, said, { left: 8 });
    const x = pic.across(-0.8, 0.5, { label: "points below or above her own level", say: (v) => `${round(100 * v)}`.replace("-", "−") });
    const hill = (mean, from, to) => {
      const at = Array.from({ length: 81 }, (_, i) => from + ((to - from) * i) / 80);
      const y = (v) => pic.bottom - Math.exp(-(((v - mean) / error) ** 2) / 2) * (pic.bottom - pic.top - 14);
      return at.map((v) => [x(v), y(v)]);
    };
    const low = Math.max(-0.8, Math.min(line, -gap) - 4 * error);
    const shade = (kind, mean) => {
      if (line > low) pic.curve(kind, [[x(low), pic.bottom], ...hill(mean, low, line), [x(line), pic.bottom]]);
    };
    shade("kt-hit", -gap);
    shade("kt-miss", 0);
    pic.curve("kt-real", hill(-gap, -0.8, 0.5));
    pic.curve("kt-chance", hill(0, -0.8, 0.5));
    pic.rule("kt-truth", x(line), pic.top, x(line), pic.bottom);
    const items = [
      [sample("kt-chance"), `no gap: ${tenths(alarms)} marks a class`],
      [sample("kt-real"), `a real gap: ${whole(found)} marked`],
      [sample("kt-truth"), "marked left of here"],
    ];
    return [key(...items), pic.node];
  }
}

define("kt-gaps", Gaps, `
.kt-real { stroke: var(--estimate); stroke-width: 3 }
.kt-chance { stroke: var(--peer); stroke-width: 2; stroke-dasharray: 7 3 }
.kt-hit { fill: var(--estimate); opacity: .18 }
.kt-miss { fill: var(--peer); opacity: .35 }`);
