// Which rows go into one request: as many as its time and the service's limits allow.

// A piece that takes about this long shows progress, and leaves the service free for others.
const WANTED_SECONDS = 0.6;
const FIRST_ROWS = 32;

// Of a body, what is not texts.
const SPARE_BYTES = 1024;

/** How many rows the next piece may have, learned from the time that the last ones took. */
export class PieceSize {
  rows = FIRST_ROWS;
  #most;
  #ceiling; // found on the way: halved by a refusal, and one more after each success

  constructor(most) {
    this.#most = this.#ceiling = most;
    this.rows = Math.min(FIRST_ROWS, most);
  }

  /** Takes note that so many rows took so many seconds. */
  learn(rows, seconds) {
    const fitting = (rows * WANTED_SECONDS) / Math.max(seconds, 0.001);
    this.#ceiling = Math.min(this.#most, this.#ceiling + 1);
    // At most doubled or halved: one slow answer says little.
    this.rows = Math.round(Math.min(this.#ceiling, 2 * this.rows, Math.max(1, this.rows / 2, fitting)));
  }

  /** Takes note that so many rows were too many for something on the way. */
  refuse(rows) {
    this.rows = this.#ceiling = Math.max(1, Math.floor(rows / 2));
  }
}

/** Hands out rows in order, and takes back those that were not answered. */
export class Queue {
  #waiting;
  #bytesOf;

  /**
   * @param waiting numbers of rows.
   * @param bytesOf gives the bytes that a row takes in a request.
   */
  constructor(waiting, bytesOf) {
    this.#waiting = [...waiting].reverse();
    this.#bytesOf = bytesOf;
  }

  get empty() {
    return this.#waiting.length === 0;
  }

  /** The next rows, at most so many and of so many bytes; but always one where any is left. */
  take(rows, bytes) {
    const taken = [];
    let left = bytes - SPARE_BYTES;
    while (this.#waiting.length && taken.length < rows) {
      left -= this.#bytesOf(this.#waiting.at(-1));
      if (taken.length && left < 0) break;
      taken.push(this.#waiting.pop());
    }
    return taken;
  }

  /** Rows that are to be handed out again, before the others. */
  putBack(rows) {
    for (let i = rows.length - 1; i >= 0; i -= 1) this.#waiting.push(rows[i]);
  }
}
