// One step of EM in the page: held to ktlib.bkt.em by tests.

import { filter } from "./bkt.mjs";

/** rows: [["0110-", how many students], …] as [[answers, how many], …]. */
export const students = (rows) =>
  rows.map(([marks, times]) => [[...marks].map((mark) => (mark === "-" ? null : +mark)), times]);

/** Log likelihood of the class, and the step that EM takes from here, as ktlib.bkt.em with init and transit frozen; rows as above. */
export function step(params, rows) {
  let [height, known, slips, unknown, guesses] = [0, 0, 0, 0, 0];
  for (const [answers, times] of rows) {
    const { before, correct } = filter(params, answers);
    let later = 1; // P(known at t + 1 | all answers) over the same from earlier answers only
    for (let t = answers.length - 1; t >= 0; t--) {
      const [answer, right] = [answers[t], correct[t]];
      const chance = answer === null ? 1 : answer ? right : 1 - right;
      const ifKnown = answer === null ? 1 : answer ? 1 - params.p_slip : params.p_slip;
      later *= ifKnown / chance; // nobody forgets, so what is known at t is known at t + 1
      const gamma = before[t] * later;
      height += times * Math.log(chance);
      if (answer === null) continue;
      known += times * gamma;
      unknown += times * (1 - gamma);
      if (answer) guesses += times * (1 - gamma);
      else slips += times * gamma;
    }
  }
  return { height, next: { ...params, p_slip: slips / known, p_guess: guesses / unknown } };
}
