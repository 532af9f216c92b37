// <kt-imagined>: children of a class and imagined ones, counted together.

import { Panel, count, define, grid, grouped, key, picture, row, sample, slider, whole } from "./base.mjs";

const STOPS = [1, 2, 3, 4, 5, 7, 10, 15, 22, 30, 50, 70, 100, 200, 500];

/** The share who know it, imagined children counted in, and how much the real ones count. */
export function shrunk({ typical, imagined, knew, asked }) {
  return { share: (typical * imagined + knew) / (imagined + asked), weight: asked / (imagined + asked) };
}

/** Word for word ImaginedExplorer.finding(). */
export function sentence(state) {
  const { typical, imagined, knew, asked } = state;
  const { share, weight } = shrunk(state);
  const real = `${knew} of ${asked} ${asked === 1 ? "child knows" : "children know"} it, ${whole(knew / asked)}`;
  const others = `The typical skill has ${whole(typical)}, worth ${count(imagined, "imagined one")}`;
  const counts = Math.floor(100 * weight + 0.5);
  return `${real}. ${others}. Together ${whole(share)}: the class counts for ${counts}%, the other skills for ${100 - counts}%.`;
}

class Imagined extends Panel {
  restart() {
    this.state = { ...this.config };
    this.own = this.state.knew / this.state.asked;
  }

  build() {
    const { asked, imagined } = this.config;
    this.stops = [...new Set([...STOPS, asked, imagined])].sort((a, b) => a - b);
    const set = (act) => (value) => this.change(() => act(this.state, value));
    const most = { max: this.stops.length - 1, step: 1 };
    this.sliders = [
      slider(set((s, i) => Object.assign(s, { asked: this.stops[i], knew: Math.round(this.own * this.stops[i]) })), most),
      slider(set((s, knew) => Object.assign(s, { knew }) && (this.own = knew / s.asked)), { step: 1 }),
      slider(set((s, i) => (s.imagined = this.stops[i])), most),
      slider(set((s, p) => (s.typical = p)), { min: 0.05, max: 0.95, step: 0.05 }),
    ];
    return [grid(...this.sliders.map(({ node }) => node)), row(this.reset())];
  }

  view() {
    const { state, stops, sliders } = this;
    const { typical, imagined, knew, asked } = state;
    sliders[0].show(stops.indexOf(asked), "children in the class", grouped(asked));
    sliders[1].show(knew, "who know it", grouped(knew), asked);
    sliders[2].show(stops.indexOf(imagined), "imagined children", grouped(imagined));
    sliders[3].show(typical, "share on the typical skill", whole(typical));
    const said = sentence(state);
    return { sentence: said, paint: (width) => this.paint(width, said) };
  }

  paint(width, said) {
    const { typical, imagined, knew, asked } = this.state;
    const pic = picture(width, width > 520 ? 250 : 190, said, { left: 8 });
    const x = pic.across(0, 1, { label: "share who know it", at: [0, 0.25, 0.5, 0.75, 1], say: whole });
    // p to the a, times (1 − p) to the b; all drawn to the same height
    const hill = (kind, a, b) => {
      const top = a + b > 0 ? Math.min(1, Math.max(0, a / (a + b))) : 0.5;
      const log = (p) => (a ? a * Math.log(p) : 0) + (b ? b * Math.log(1 - p) : 0);
      const spread = Math.sqrt(0.25 / Math.max(1, a + b));
      const near = Array.from({ length: 41 }, (_, i) => top + ((i - 20) / 8) * spread);
      const even = Array.from({ length: 61 }, (_, i) => i / 60);
      const at = [...near, ...even].filter((p) => p > 0.001 && p < 0.999).sort((p, q) => p - q);
      const highest = Math.max(...at.map(log));
      const y = (p) => pic.bottom - Math.exp(log(p) - highest) * (pic.bottom - pic.top - 14);
      pic.curve(kind, at.map((p) => [x(p), y(p)]));
    };
    const [yes, no] = [typical * imagined, (1 - typical) * imagined];
    hill("kt-others", yes - 1, no - 1);
    hill("kt-alone", knew, asked - knew);
    hill("kt-both", yes + knew - 1, no + asked - knew - 1);
    const { share } = shrunk(this.state);
    pic.rule("kt-both kt-thin", x(share), pic.top, x(share), pic.bottom);
    const items = [
      [sample("kt-others"), "prior: imagined children"],
      [sample("kt-alone"), "likelihood: the class"],
      [sample("kt-both"), `posterior, mean ${whole(share)}`],
    ];
    return [key(...items), pic.node];
  }
}

define("kt-imagined", Imagined, `
.kt-others { stroke: var(--prior); stroke-width: 2; stroke-dasharray: 7 3 }
.kt-alone { stroke: var(--peer); stroke-width: 2; stroke-dasharray: 2 3 }
.kt-both { stroke: var(--estimate); stroke-width: 3 }
.kt-both.kt-thin { stroke-width: 1 }`);
