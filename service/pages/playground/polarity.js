// Which colour a label has: positive, negative and neutral their own, all other labels one.

const KNOWN = new Set(["positive", "negative", "neutral", "mixed"]);

/** The class of the style sheet that colours a label. */
export const tone = (label) => (KNOWN.has(label) ? label : "other");

/** Labels from the most negative to the most positive, where they are polarities. */
export function ordered(labels) {
  const rank = (label) => ["negative", "mixed", "neutral", "positive"].indexOf(label);
  return [...labels].sort((a, b) => rank(a) - rank(b));
}
