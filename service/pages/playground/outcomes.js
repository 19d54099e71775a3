// What is known of each row so far: n rows, C labels.

const PENDING = -1;
const FAILED = -2;

export class Outcomes {
  /** Why rows have no answer, by their number. */
  errors = new Map();
  /** Rows that were not read to their end. */
  truncated = new Set();
  /** The versions that answered, mostly one. */
  versions = new Set();
  done = 0;
  #label;
  #probabilities; // (n, C), row by row

  constructor(rows, labels) {
    this.labels = labels;
    this.length = rows;
    this.#label = new Int8Array(rows).fill(PENDING);
    this.#probabilities = new Float32Array(rows * labels.length);
  }

  /** Keeps the service's answer for the row. */
  answer(row, document) {
    this.#settle(row, this.labels.indexOf(document.label));
    this.labels.forEach((label, i) => {
      this.#probabilities[row * this.labels.length + i] = document.probabilities[label];
    });
    if (document.statistics.truncated) this.truncated.add(row);
  }

  /** Keeps why the row has no answer. */
  fail(row, message) {
    this.#settle(row, FAILED);
    this.errors.set(row, message);
  }

  pending(row) {
    return this.#label[row] === PENDING;
  }

  /** The number of the row's label, or undefined where it has none. */
  labelIndex(row) {
    return this.#label[row] >= 0 ? this.#label[row] : undefined;
  }

  label(row) {
    return this.labels[this.#label[row]];
  }

  probability(row, label) {
    return this.#probabilities[row * this.labels.length + label];
  }

  /** The highest probability; NaN where there is none. */
  confidence(row) {
    const label = this.labelIndex(row);
    return label === undefined ? NaN : this.probability(row, label);
  }

  /** P(positive) - P(negative); NaN where there is none. */
  score(row) {
    const [positive, negative] = ["positive", "negative"].map((label) => this.labels.indexOf(label));
    if (positive < 0 || negative < 0 || this.labelIndex(row) === undefined) return NaN;
    return this.probability(row, positive) - this.probability(row, negative);
  }

  /** How often each label is the answer, over all rows or over those given. */
  counts(rows = this.#label.keys()) {
    const counts = new Array(this.labels.length).fill(0);
    for (const row of rows) {
      const label = this.labelIndex(row);
      if (label !== undefined) counts[label] += 1;
    }
    return counts;
  }

  #settle(row, label) {
    if (this.pending(row)) this.done += 1;
    this.#label[row] = label;
  }
}
