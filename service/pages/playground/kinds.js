// Two kinds of models: one answers a label with probabilities, the other (a regression) a value.

import { percent, plural, value } from "./wording.js";

export const isValue = (found) => found.value !== undefined;

/** The property of an answer that says the most. */
export const mainProperty = (found) => (isValue(found) ? "value" : "sentiment");

/** What is said of a sentence. */
export function inWords(sentence) {
  if (isValue(sentence)) return `value ${value(sentence.value)}`;
  return Object.entries(sentence.probabilities).map(([label, p]) => `${label} ${percent(p)}`).join(", ");
}

/** How strongly a sentence is coloured, from 0 to 1. */
export const strength = (sentence) => (isValue(sentence) ? 0.5 : Math.max(...Object.values(sentence.probabilities)));

/** What a word does that speaks for the answer, or against it. */
export function does(found, speaksFor) {
  if (isValue(found)) return speaksFor ? "raises the value" : "lowers the value";
  return `speaks ${speaksFor ? "for" : "against"} ${found.explanation.target}`;
}

/** What the weight of a word is. */
export const weighed = (found) => (isValue(found)
  ? "How far the value falls without the word"
  : `How far the log odds of ${found.explanation.target} fall without the word`);

/**
 * How sentences are drawn in a plot: `{heights, caption, summary}`, the heights from -1 to 1; null
 * where nothing orders them.
 */
export function heightsOf(sentences) {
  if (sentences.every(isValue)) {
    const values = sentences.map((sentence) => sentence.value);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const half = (most - least) / 2 || 1;
    const range = `from ${value(least)} to ${value(most)}`;
    return {
      heights: values.map((one) => (one - least) / half - 1),
      caption: `The value of each sentence, ${range}.`,
      summary: `The values of ${plural(sentences.length, "sentence")}, ${range}.`,
    };
  }
  if (sentences.some(({ score }) => score === null)) return null;
  const labels = [...new Set(sentences.map(({ label }) => label))];
  const counts = labels.map((one) => `${sentences.filter(({ label }) => label === one).length} ${one}`);
  return {
    heights: sentences.map(({ score }) => score),
    caption: "The score of each sentence, from −1 (negative, below the line) to 1 (positive, above it).",
    summary: `The scores of ${plural(sentences.length, "sentence")}: ${counts.join(", ")}.`,
  };
}
