// Bayesian Knowledge Tracing in the page: held to ktlib.bkt by tests.

import { places } from "./base.mjs";

export const SYMBOL = { p_init: "P(L₀)", p_transit: "P(T)", p_slip: "P(S)", p_guess: "P(G)" };
export const WORDS = {
  p_init: "knew it before",
  p_transit: "learns it from one question",
  p_slip: "slips",
  p_guess: "guesses",
};
export const NAMES = Object.keys(SYMBOL);

/**
 * Follow one student answer by answer, as ktlib.bkt.filter does.
 * params: {p_init, p_transit, p_slip, p_guess}, each in [0, 1]. answers: 1 right, 0 wrong, null not asked; a null is
 * a chance to learn, at the end too.
 * Returns arrays, one value a step: before P(known), correct P(right answer), known P(known) after it and learning.
 * Throws an Error that names a bad value, or the answer that has probability zero.
 */
export function filter(params, answers) {
  for (const name of NAMES) {
    const value = params[name];
    if (typeof value !== "number" || !(value >= 0 && value <= 1))
      throw new Error(`${name} = ${value} is not a probability: give a number between 0 and 1`);
  }
  const { p_init, p_transit, p_slip, p_guess } = params;
  const trace = { before: [], correct: [], known: [] };
  let [known, unknown] = [p_init, 1 - p_init]; // both: a known that rounds to 1 must not make unknown zero
  answers.forEach((answer, t) => {
    if (answer !== 1 && answer !== 0 && answer !== null)
      throw new Error(`answer ${answer} at step ${t + 1} is not 1 (right), 0 (wrong) or null (not asked)`);
    const right = known * (1 - p_slip) + (1 - known) * p_guess;
    trace.before.push(known);
    trace.correct.push(right);
    const [ifKnown, ifNot] = answer === null ? [1, 1] : answer ? [1 - p_slip, p_guess] : [p_slip, 1 - p_guess];
    const chance = known * ifKnown + unknown * ifNot;
    if (chance === 0)
      throw new Error(`The answer at step ${t + 1} has probability zero: move slip and guess away from 0 and 1.`);
    const posterior = (known * ifKnown) / chance;
    known = posterior + (1 - posterior) * p_transit;
    unknown = ((unknown * ifNot) / chance) * (1 - p_transit);
    trace.known.push(known);
  });
  return trace;
}

/** First step (from 1) after which P(known) is at least threshold, or null. */
export const masteryStep = (known, threshold) => known.findIndex((p) => p >= threshold) + 1 || null;

/** A warning where a right answer is no evidence for knowing. */
export function flipped({ p_slip, p_guess }) {
  const sum = p_slip + p_guess;
  if (sum < 1 - 1e-9) return "";
  const what = sum < 1 + 1e-9 ? "says nothing about her" : "counts against her";
  return ` Slip + guess = ${places(sum)}: a right answer now ${what}.`;
}
