// Smart Homework in the page: the score of ktlib.homework.recommend, the rules of ktlib.homework.session. Held to them by
// tests.

import { filter } from "./bkt.mjs";

const POINTS = 41;
export const PARTS = ["closeness", "need", "recency"];
export const sum = (values) => values.reduce((total, value) => total + value, 0);

/** After a log of {question, kind, correct}: ability's mean and sd, P(known) of each skill, each question's forecast. */
export function belief({ bank, skills, params }, log) {
  const nodes = Array.from({ length: POINTS }, (_, i) => -4 + (8 * i) / (POINTS - 1));
  const right = bank.map(({ hard }) => nodes.map((node) => 1 / (1 + Math.exp(hard - node))));
  let weight = nodes.map((node) => Math.exp(-node * node / 2));
  const given = skills.map(() => []);
  for (const { question, kind, correct } of log) {
    const tried = kind !== "module";
    if (tried || correct) for (const skill of bank[question].needs) given[skill].push(tried ? correct : null);
    if (tried) weight = weight.map((w, i) => w * (correct ? right[question][i] : 1 - right[question][i]));
  }
  const over = (values) => sum(values.map((value, i) => value * weight[i])) / sum(weight);
  const mean = over(nodes);
  const sd = Math.sqrt(over(nodes.map((node) => (node - mean) ** 2)));
  const known = given.map((answers) => filter(params, answers).known.at(-1) ?? params.p_init);
  return { mean, sd, known, forecast: right.map(over) };
}

/** All questions not in the log, best first, with the weighted parts of their scores. */
export function choose(told, log) {
  const { known, forecast } = belief(told, log);
  const { target } = told;
  const all = sum(PARTS.map((part) => told[part]));
  const score = ({ needs, recency }, question) => {
    const closeness = 1 - Math.abs(forecast[question] - target) / Math.max(target, 1 - target);
    const parts = { closeness, need: 1 - Math.min(...needs.map((skill) => known[skill])), recency };
    for (const part of PARTS) parts[part] *= told[part] / all;
    return { question, parts, score: sum(Object.values(parts)) };
  };
  const picks = told.bank.map(score).filter(({ question }) => !log.some((answer) => answer.question === question));
  return picks.sort((a, b) => b.score - a.score);
}

/** The state with what is left of the homework chosen anew. */
export function homework(told, state, more) {
  if (!more) return { ...state, kind: "done", question: null, left: [], exercise: 0, hints: 0 };
  const [question, ...left] = choose(told, state.log).slice(0, more).map((pick) => pick.question);
  return { ...state, kind: "homework", question, left, exercise: 0, hints: 0 };
}

/** The state after one answer: the rules of ktlib.homework.session. */
export function after(told, { log, ...before }, correct) {
  const { question, kind, exercise, hints, left } = before;
  const state = { ...before, log: [...log, { question, kind, correct }] };
  if (kind === "homework" && !correct) return { ...state, kind: "module", exercise: 1, hints: 0 };
  if (kind === "module") {
    if (!correct) return { ...state, hints: hints + 1 };
    if (exercise < told.exercises) return { ...state, exercise: exercise + 1, hints: 0 };
    const taken = new Set([...left, ...state.log.map((answer) => answer.question)]);
    const like = told.bank[question].like.find((other) => !taken.has(other));
    if (like !== undefined) return { ...state, kind: "similar", question: like, exercise: 0, hints: 0 };
  }
  return homework(told, state, left.length);
}

/** Where the session stands after these answers. */
export const play = (told, answers) =>
  answers.reduce((state, answer) => after(told, state, answer), homework(told, { log: [] }, told.questions));
