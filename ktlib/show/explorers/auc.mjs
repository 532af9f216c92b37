// <kt-auc>: a dozen forecasts, moved one by one; the AUC is counted, pair by pair.

import { Panel, button, count, define, grid, key, pair, picture, places, row, sample, slider } from "./base.mjs";

/** Pairs of a right and a wrong answer: {right, wrong: forecasts in order, pairs, won, tied, auc}; auc null without a pair. */
export function pairs(forecasts, answers) {
  const of = (kind) => forecasts.filter((_, i) => answers[i] === kind).sort((a, b) => a - b);
  const [right, wrong] = [of(1), of(0)];
  const all = right.flatMap((r) => wrong.map((w) => Math.sign(r - w)));
  const [won, tied] = [1, 0].map((sign) => all.filter((found) => found === sign).length);
  return { right, wrong, pairs: all.length, won, tied, auc: all.length ? (won + tied / 2) / all.length : null };
}

/** Word for word AUCExplorer.finding(). */
export function sentence(forecasts, answers) {
  const { right, wrong, pairs: all, won, tied, auc } = pairs(forecasts, answers);
  const seen = `${count(right.length, "right answer")} and ${count(wrong.length, "wrong one")}`;
  if (auc === null) return `${seen}: there is no pair to compare, and no AUC.`;
  const same = tied ? ` In ${tied} both are the same, which counts half.` : "";
  const sum = tied ? `(${won} + ${tied}/2)/${all}` : `${won}/${all}`;
  return `${seen} make ${count(all, "pair")}. In ${won} the right answer has the higher forecast.${same} AUC = ${sum} = ${places(auc)}.`;
}

class AUC extends Panel {
  restart() {
    this.forecasts = [...this.config.forecasts];
    this.answers = [...this.config.answers];
  }

  build() {
    this.rows = this.forecasts.map((_, i) => {
      const turn = button("", () => this.change(() => (this.answers[i] = 1 - this.answers[i])));
      return { turn, slider: slider((p) => this.change(() => (this.forecasts[i] = p))) };
    });
    const all = (words, to) => button(words, () => this.change(() => (this.forecasts = this.forecasts.map(to))));
    return [
      grid(...this.rows.map(({ turn, slider }) => row(turn, slider.node))),
      row(all("Halve all", (p) => p / 2), all("Turn all round", (p) => 1 - p), all("All alike", () => 0.5), this.reset()),
    ];
  }

  view() {
    const { forecasts, answers } = this;
    this.rows.forEach(({ turn, slider }, i) => {
      const words = answers[i] ? "right" : "wrong";
      turn.textContent = answers[i] ? "✓" : "✗";
      turn.setAttribute("aria-pressed", !!answers[i]);
      turn.setAttribute("aria-label", `answer ${i + 1}: ${words}`);
      slider.show(forecasts[i], `forecast for answer ${i + 1}`);
    });
    const said = sentence(forecasts, answers);
    return { sentence: said, paint: (width) => this.paint(width, said) };
  }

  paint(width, said) {
    const found = pairs(this.forecasts, this.answers);
    const [wide, tall] = width > 520 ? [width * 0.55, 210] : [width, 120];
    const line = picture(wide, tall, said, { left: 60 });
    const x = line.across(0, 1, { label: "forecast" });
    const rowOf = (values, words, share, kind) => {
      const y = line.top + share * (line.bottom - line.top);
      line.text(words, line.left - 8, y + 4, "end");
      values.forEach((p, i) => line.dot(kind, x(p), y - 8 * (i - values.indexOf(p)), 5));
    };
    rowOf(found.right, "✓ right", 0.35, "kt-dot kt-right");
    rowOf(found.wrong, "✗ wrong", 0.85, "kt-dot");
    const items = [
      [sample("kt-won", "rect"), "pair won"],
      [sample("kt-tied", "rect"), "the same"],
      [sample("kt-lost", "rect"), "lost"],
    ];
    return [key(...items), pair(line, this.square(found, wide < width ? width * 0.45 - 17 : width, tall))];
  }

  // One cell a pair: right answers from left to right, wrong ones from below, each from low to high.
  square({ right, wrong }, width, tall) {
    const pic = picture(width, tall, "All pairs", { left: 8, bottom: 24 });
    const side = Math.min((pic.right - pic.left) / right.length, (pic.bottom - pic.top) / wrong.length, 40);
    right.forEach((r, i) =>
      wrong.forEach((w, j) => {
        const [left, low] = [pic.left + i * side, pic.bottom - j * side];
        pic.rect(r > w ? "kt-won" : r < w ? "kt-lost" : "kt-tied", left, low, left + side - 1, low - side + 1);
      }),
    );
    pic.text("columns: right, rows: wrong answers", pic.left, pic.bottom + 17);
    return pic;
  }
}

define("kt-auc", AUC, `
kt-auc .kt-grid .kt-row { flex-wrap: nowrap; margin: 0; gap: .75rem }
kt-auc .kt-grid + .kt-row { flex-wrap: wrap; margin-top: .6rem }
kt-auc .kt-slider { flex: 1; grid-template-columns: 1fr 2.5em; align-items: center; align-content: center }
kt-auc .kt-slider input { grid-area: 1 / 1 }
kt-auc .kt-slider b { grid-area: 1 / 2; text-align: right }
kt-auc .kt-slider span { position: absolute; clip-path: inset(50%) }
.kt-won { fill: var(--estimate) }
.kt-tied { fill: var(--estimate); opacity: .4 }
.kt-lost { stroke: var(--line) }`);
