// Figures of rows whose labels are known, and of rows by their length.

// The normal quantile of a 95 % interval.
const Z = 1.959964;

/** A share with its 95 % interval (Wilson 1927); all NaN where nothing was counted. */
export function share(hits, count) {
  const p = hits / count;
  const middle = (p + Z ** 2 / (2 * count)) / (1 + Z ** 2 / count);
  const half = (Z * Math.sqrt((p * (1 - p)) / count + Z ** 2 / (4 * count ** 2))) / (1 + Z ** 2 / count);
  return { value: p, low: middle - half, high: middle + half };
}

/**
 * @param truths of each row the number of its true label, or undefined.
 * @returns the confusion matrix, C rows of truth by C columns of answers, the rows that were counted
 *     and, the surest first, the rows that are wrong.
 */
export function compare(truths, outcomes) {
  const matrix = outcomes.labels.map(() => outcomes.labels.map(() => 0));
  const wrong = [];
  let counted = 0;
  truths.forEach((truth, row) => {
    const answer = outcomes.labelIndex(row);
    if (truth === undefined || answer === undefined) return;
    counted += 1;
    matrix[truth][answer] += 1;
    if (truth !== answer) wrong.push(row);
  });
  wrong.sort((a, b) => outcomes.confidence(b) - outcomes.confidence(a));
  return { matrix, counted, wrong, right: counted - wrong.length };
}

/** Precision and recall of each label; NaN where there is nothing to divide by. */
export function byLabel(matrix) {
  return matrix.map((row, i) => ({
    precision: row[i] / matrix.reduce((sum, other) => sum + other[i], 0),
    recall: row[i] / row.reduce((sum, count) => sum + count, 0),
  }));
}

/** Rows in groups of like length, in characters: `{from, to, rows}`, empty groups left out. */
export function byLength(texts, edges = [0, 20, 50, 100, 200, 500, 1000, 2000, 5000]) {
  const groups = edges.map((from, i) => ({ from, to: (edges[i + 1] ?? Infinity) - 1, rows: [] }));
  texts.forEach((text, row) => groups.findLast(({ from }) => text.length >= from).rows.push(row));
  return groups.filter(({ rows }) => rows.length);
}

/** Which of the model's labels the labels of a file mean, or null: by name, by beginning, by number. */
export function guessLabels(values, labels) {
  const lower = labels.map((label) => label.toLowerCase());
  const polar = ["negative", "positive"].every((label) => lower.includes(label));
  const filled = values.filter((value) => value.trim());
  const numbers = filled.every((value) => /^-?\d+$/.test(value.trim())) ? filled.map(Number) : null;
  return values.map((value) => {
    const word = value.trim().toLowerCase();
    if (!word) return null;
    const exact = lower.indexOf(word);
    if (exact >= 0) return labels[exact];
    if (numbers && polar) return ofNumber(Number(word), numbers, labels);
    const beginning = lower.filter((label) => word.length > 1 && label.startsWith(word));
    return beginning.length === 1 ? labels[lower.indexOf(beginning[0])] : null;
  });
}

/** 0 and 1, -1 to 1, or stars from 1 to 5. */
function ofNumber(value, all, labels) {
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const middle = least >= 1 && most <= 5 && most > 2 ? 3 : least < 0 ? 0 : 0.5;
  if (value === middle) return labels.find((label) => label.toLowerCase() === "neutral") ?? null;
  return labels.find((label) => label.toLowerCase() === (value < middle ? "negative" : "positive"));
}
