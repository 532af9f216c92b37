// <kt-hill>: EM climbs the log likelihood of a class, over slip and guess; init and transit are held.

import { Panel, button, count, define, grid, key, pair, picture, places, row, s, sample, slider } from "./base.mjs";
import { flipped } from "./bkt.mjs";
import { step, students } from "./em.mjs";

const [CELLS, SHADES, MOST] = [40, 12, 200];

/** The way from a start: [{p_slip, p_guess, height}, …], one more than the steps taken. */
export function walk(config, start, steps) {
  const [path, rows] = [[], students(config.rows)];
  let params = { ...config.held, ...start };
  for (let i = 0; i <= steps; i++) {
    const { height, next } = step(params, rows);
    path.push({ p_slip: params.p_slip, p_guess: params.p_guess, height });
    params = next;
  }
  return path;
}

/** Word for word HillExplorer.finding(). */
export function sentence(config, path) {
  const [first, last, steps] = [path[0], path.at(-1), path.length - 1];
  const at = `P(S) ${places(last.p_slip)}, P(G) ${places(last.p_guess)}, log likelihood ${places(last.height)}`;
  if (!steps) return `EM starts at ${at}. Each step goes uphill.${flipped(last)}`;
  const said = `After ${count(steps, "step")}: ${at}, ${places(last.height - first.height)} above the start.`;
  if (last.height - path.at(-2).height >= 0.001) return said + flipped(last);
  const below = config.top - last.height;
  const where = below < 0.01 ? "at the top" : `on a lower hill, ${places(below)} below the top`;
  return `${said} It has settled ${where}.${flipped(last)}`;
}

class Hill extends Panel {
  restart() {
    this.go(this.config.start, this.config.steps);
  }

  go([p_slip, p_guess], steps = 0) {
    this.path = walk(this.config, { p_slip, p_guess }, steps);
  }

  build() {
    const move = (i) => (value) => this.change(() => this.go(Object.assign(this.from(), { [i]: value })));
    this.sliders = [0, 1].map((i) => slider(move(i), { min: 0.02, max: 0.98 }));
    const walk = (steps) => () => this.change(() => this.go(this.from(), Math.min(this.path.length - 1 + steps, MOST)));
    const presets = this.config.presets.map(([words, p]) => button(words, () => this.change(() => this.go(p))));
    this.plot.addEventListener("click", (event) => this.touch(event));
    return [
      row(button("One step", walk(1)), button("Ten steps", walk(10)), ...presets, this.reset()),
      grid(...this.sliders.map(({ node }) => node)),
    ];
  }

  from() {
    return [this.path[0].p_slip, this.path[0].p_guess];
  }

  touch(event) {
    const at = this.hill.touched(event);
    if (at.every((p) => p > 0 && p < 1)) this.change(() => this.go(at.map((p) => Math.min(0.98, Math.max(0.02, p)))));
  }

  view() {
    const { path, config } = this;
    ["P(S)", "P(G)"].forEach((name, i) => this.sliders[i].show(this.from()[i], `start at ${name}, or touch the hill`));
    const said = sentence(config, path);
    return { sentence: said, paint: (width) => this.paint(width, said) };
  }

  paint(width, said) {
    const { path } = this;
    const [wide, tall] = width > 520 ? [0.58 * width, 330] : [width, 250];
    const hill = picture(wide, tall, said);
    const x = hill.across(0, 1, { label: "P(S) slips" });
    const y = hill.up(0, 1);
    Object.assign(this, { hill, x, y });
    hill.node.append(this.ground());
    hill.rule("kt-start", x(0), y(1), x(1), y(0));
    hill.text("upside down", x(0.99), y(0.93), "end");
    hill.text("P(G) guesses", x(0.01), y(0.93));
    const way = path.map((at) => [x(at.p_slip), y(at.p_guess)]);
    hill.curve("kt-truth", way);
    for (const at of way) hill.dot("kt-foot", ...at, 2.5);
    hill.dot("kt-dot kt-right", ...way.at(-1), 6);
    const items = [[sample("kt-truth"), "EM's way"], [sample("kt-ground", "rect"), "more colour: likelier"]];
    return [key(...items), pair(hill, this.rise(wide < width ? 0.42 * width - 17 : width, wide < width ? 330 : 130))];
  }

  // A path of cells for each shade, once a width.
  ground() {
    if (this.drawn === this.width) return this.shades;
    this.drawn = this.width;
    const { x, y } = this;
    const { held, top } = this.config;
    const rows = students(this.config.rows);
    const at = Array.from({ length: CELLS }, (_, i) => i / CELLS);
    const deep = (...p) => {
      const [p_slip, p_guess] = p.map((low) => low + 0.5 / CELLS);
      return Math.sqrt(Math.max(0, top - step({ ...held, p_slip, p_guess }, rows).height));
    };
    const cells = at.flatMap((slip) => at.map((guess) => [slip, guess, deep(slip, guess)]));
    const deepest = cells.map(([, , d]) => d).sort((a, b) => a - b)[Math.floor(0.9 * cells.length)];
    const [w, tall] = [x(1 / CELLS) - x(0), y(0) - y(1 / CELLS)];
    const shapes = Array(SHADES).fill("");
    for (const [slip, guess, d] of cells) {
      const shade = Math.floor(SHADES * (1 - d / deepest));
      if (shade >= 0) shapes[Math.min(shade, SHADES - 1)] += `M${x(slip)} ${y(guess)}h${w}v${-tall}h${-w}z`;
    }
    const paths = shapes.map((d, i) => s("path", { d, "fill-opacity": (0.75 * (i + 1)) / SHADES }));
    return (this.shades = s("g", { class: "kt-ground" }, ...paths));
  }

  rise(width, height) {
    const heights = this.path.map(({ height }) => height);
    const [low, high] = [Math.min(...heights), Math.max(this.config.top, ...heights)];
    const pic = picture(width, height, "Log likelihood", { left: 44, top: 24 });
    const x = pic.across(0, Math.max(10, heights.length - 1), { label: "step" });
    const y = pic.up(low - 0.05 * (high - low) - 0.1, high + 0.1, { say: (v) => `${v}`.replace("-", "−") });
    pic.text("log likelihood; dotted: the top", pic.left, 12);
    pic.rule("kt-start", pic.left, y(this.config.top), pic.right, y(this.config.top));
    pic.curve("kt-now", heights.map((height, i) => [x(i), y(height)]));
    pic.dot("kt-dot kt-right", x(heights.length - 1), y(heights.at(-1)));
    return pic;
  }
}

define("kt-hill", Hill, `
.kt-ground { fill: var(--estimate) }
.kt-foot { fill: var(--ink) }
.kt-hill .kt-pair { cursor: crosshair }`);
