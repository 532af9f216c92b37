// <kt-runaway>: a question's difficulty from the answers alone, and with a prior.

import { Panel, button, count, define, grid, key, picture, places, row, sample, slider, tenths } from "./base.mjs";

const steps = (n, from, by) => Array.from({ length: n }, (_, i) => from + by * i);
const LEVELS = steps(13, -3, 0.5); // abilities, known to the nearest half
const PLACES = steps(81, -12, 0.3); // difficulties looked at
const LOGS = steps(24, Math.log(0.02), Math.log(300) / 23); // logarithms of discriminations looked at
const [FAR, ALLOWED, END] = [3, 1.92, 12];
const p = (eta) => 1 / (1 + Math.exp(-eta));

/** Log likelihood of [asked, right], counts for each ability. */
export function height([asked, right], a, b) {
  let sum = 0;
  for (let k = 0; k < LEVELS.length; k++) {
    const eta = a * (LEVELS[k] - b);
    sum += right[k] * eta - asked[k] * (Math.max(eta, 0) + Math.log1p(Math.exp(-Math.abs(eta))));
  }
  return sum;
}

/**
 * With a prior: {a, b, allowed}. a and b: where likelihood times prior is highest, by a grid and four finer ones
 * around it. allowed: from where to where 95% allow the difficulty.
 */
export function held(answers, spread) {
  let [logs, bs, found, allowed] = [LOGS, PLACES];
  for (let turn = 0; turn < 5; turn++) {
    let top = -Infinity;
    const best = bs.map((b) => {
      let most = -Infinity;
      for (const log of logs) {
        const value = height(answers, Math.exp(log), b) - (b * b + 4 * log * log) / (2 * spread * spread);
        if (value > top) [top, found] = [value, [log, b]];
        most = Math.max(most, value);
      }
      return most;
    });
    allowed ??= runs(best.map((value) => value > top - ALLOWED));
    const around = (middle, far) => steps(11, middle - far / 4 ** turn, far / 4 ** turn / 5);
    [logs, bs] = [around(found[0], LOGS[1] - LOGS[0]), around(found[1], 0.3)];
  }
  return { a: Math.exp(found[0]), b: found[1], allowed };
}

// First and last place of each run of places that are allowed.
function runs(ok) {
  const ends = (step) => PLACES.filter((_, i) => ok[i] && !ok[i + step]);
  return ends(-1).map((first, i) => [first, ends(1)[i]]);
}

const far = (b) => (Math.abs(b) >= 100 ? `beyond ${b < 0 ? "−" : ""}100` : tenths(b));

/** Word for word RunawayExplorer.finding(). which: the class. at: stops of students and spread. now: as `held` gives it. */
export function sentence({ difficulty, sizes, spreads, classes }, which, [size, spread], now) {
  const away = classes.map((stops) => Math.abs(stops[size].b - difficulty) > FAR);
  const { a, b } = classes[which][size];
  const said =
    `${count(sizes[size], "student")}. From the answers alone the question's difficulty is ${far(b)}, with ` +
    `discrimination ${places(a)}; the truth is ${far(difficulty)}${away[which] ? ": it ran away" : ""}. ` +
    `In ${away.filter(Boolean).length} of ${away.length} such classes it runs away. `;
  return said + (now ? `With a prior of standard deviation ${spreads[spread]} it is ${far(now.b)}.` : "No prior is set.");
}

function paint(width, { discrimination, difficulty }, alone, now, said) {
  const pic = picture(width, 280, said, { left: 42, bottom: 70 });
  const x = pic.across(-END, END, { at: steps(5, -END, 6), say: (v) => `${v}`.replace("-", "−") });
  const y = pic.up(0, 1, { at: [0, 0.5, 1], say: (share) => `${100 * share}%` });
  const line = (kind, a, b) => pic.curve(kind, PLACES.map((at) => [x(at), y(p(a * (at - b)))]));
  const [asked, right] = alone.counts;
  const size = (n) => 1 + 5 * Math.sqrt(n / Math.max(...asked));
  asked.forEach((n, k) => n && pic.dot("kt-share", x(LEVELS[k]), y(right[k] / n), size(n)));
  line("kt-start", discrimination, difficulty);
  const draw = (kind, { a, b, allowed }, top) => {
    line(kind, a, b);
    if (Math.abs(b) < END) pic.dot(`${kind} kt-cross`, x(b), y(0.5), 6);
    else if (b < 0) pic.text(`← ${far(b)}`, pic.left + 4, y(1) + 16, "start", kind);
    else pic.text(`${far(b)} →`, pic.right - 4, y(0) - 8, "end", kind);
    for (const [low, high] of allowed) pic.rect(`${kind} kt-bar`, x(low) - 1, top, x(high) + 1, top + 7);
  };
  draw("kt-alone", alone, pic.bottom + 26);
  if (now) draw("kt-now", now, pic.bottom + 37);
  pic.text("ability, and difficulty; bars: what 95% allow", (pic.left + pic.right) / 2, 276, "middle");
  const marks = [[sample("kt-share", "circle"), "share right"], [sample("kt-alone"), "answers alone"]];
  return [key(...marks, [sample("kt-now"), "with the prior"], [sample("kt-start"), "truth"]), pic.node];
}

class Runaway extends Panel {
  restart() {
    [this.which, this.at] = [0, [...this.config.at]];
  }

  build() {
    const { sizes, spreads, classes } = this.config;
    const stops = (which, all) =>
      slider((i) => this.change(() => (this.at[which] = i)), { max: all.length - 1, step: 1 });
    this.sliders = [stops(1, spreads), stops(0, sizes)];
    const next = button("Another class", () => this.change(() => (this.which = (this.which + 1) % classes.length)));
    return [grid(...this.sliders.map(({ node }) => node)), row(next, this.reset())];
  }

  view() {
    const { config, which, at } = this;
    const [size, spread] = at;
    const given = config.spreads[spread];
    this.sliders[0].show(spread, "prior of difficulty: standard deviation", given ? `${given}` : "no prior");
    this.sliders[1].show(size, "students", `${config.sizes[size]}`);
    const alone = config.classes[which][size];
    const now = given && held(alone.counts, given);
    const said = sentence(config, which, at, now);
    return { sentence: said, paint: (width) => paint(width, config, alone, now, said) };
  }
}

define("kt-runaway", Runaway, `
.kt-alone { stroke: var(--peer); stroke-width: 2 }
text.kt-alone { fill: var(--peer); font-weight: 600 }
.kt-share { fill: var(--ink); opacity: .35 }
.kt-cross { fill: var(--page) }
.kt-bar { stroke: none; fill: var(--peer) }
.kt-now.kt-bar { fill: var(--estimate) }`);
