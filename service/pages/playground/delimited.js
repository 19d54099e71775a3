// CSV and TSV, read piece by piece and written; quotes as in RFC 4180.

const QUOTE = '"';

// Where a cell begins so, a spreadsheet takes it for a formula and runs it (OWASP, "CSV Injection").
const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Reads records as their characters come in. */
export class DelimitedReader {
  #delimiter;
  #record = [];
  #cell = "";
  #state = "start"; // of a cell; then "plain", "quoted", or "closing" after a quote within quotes
  #skipLineFeed = false;

  constructor(delimiter) {
    this.#delimiter = delimiter;
  }

  /** Takes more characters; returns the records that end in them, each a list of cells. */
  push(characters) {
    const records = [];
    let from = 0; // what of the cell is not in #cell yet
    const keep = (to) => { this.#cell += characters.slice(from, to); from = to + 1; };
    for (let i = 0; i < characters.length; i += 1) {
      const character = characters[i];
      if (this.#skipLineFeed) {
        this.#skipLineFeed = false;
        if (character === "\n") { from = i + 1; continue; }
      }
      if (this.#state === "quoted") {
        if (character === QUOTE) { keep(i); this.#state = "closing"; }
      } else if (character === QUOTE && this.#state === "start") {
        from = i + 1;
        this.#state = "quoted";
      } else if (character === QUOTE && this.#state === "closing") {
        from = i; // two quotes are one
        this.#state = "quoted";
      } else if (character === this.#delimiter) {
        keep(i);
        this.#endCell();
      } else if (character === "\n" || character === "\r") {
        keep(i);
        this.#endRecord(records);
        this.#skipLineFeed = character === "\r";
      } else {
        this.#state = "plain";
      }
    }
    this.#cell += characters.slice(from);
    return records;
  }

  /** The records that only the end of the file ends; `unclosed` says that a quote is still open. */
  end() {
    const unclosed = this.#state === "quoted";
    const records = [];
    this.#endRecord(records);
    return { records, unclosed };
  }

  #endCell() {
    this.#record.push(this.#cell);
    this.#cell = "";
    this.#state = "start";
  }

  #endRecord(records) {
    const quoted = this.#state === "closing";
    this.#endCell();
    // A blank line is no record.
    if (this.#record.length > 1 || this.#record[0] !== "" || quoted) records.push(this.#record);
    this.#record = [];
  }
}

/** The delimiter that cuts the first lines of a file into the most cells, as many in each. */
export function guessDelimiter(head, candidates = [",", ";", "\t", "|"]) {
  const [best] = candidates
    .map((delimiter) => {
      const counts = new DelimitedReader(delimiter).push(head).slice(0, 20).map((record) => record.length);
      const alike = counts.filter((count) => count === counts[0]).length;
      return { delimiter, points: (counts[0] ?? 1) > 1 ? alike * 100 + counts[0] : 0 };
    })
    .sort((a, b) => b.points - a.points);
  return best.points ? best.delimiter : candidates[0];
}

/** One record with its line end. */
export function writeRecord(cells, delimiter) {
  return `${cells.map((cell) => writeCell(neutralised(cell), delimiter)).join(delimiter)}\r\n`;
}

/** The cell, with an apostrophe before what a spreadsheet would run. */
export function neutralised(cell) {
  return FORMULA.test(cell) && !NUMBER.test(cell) ? `'${cell}` : cell;
}

function writeCell(cell, delimiter) {
  const plain = !cell.includes(delimiter) && !/["\r\n]/.test(cell);
  return plain ? cell : `${QUOTE}${cell.replaceAll(QUOTE, QUOTE + QUOTE)}${QUOTE}`;
}
