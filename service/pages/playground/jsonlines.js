// JSON lines: an object a line, read piece by piece.

/** Reads objects as their characters come in. */
export class JsonLinesReader {
  #rest = [];
  #line = 0;

  /** What is no object, as `{line, message}`. */
  problems = [];

  /** Takes more characters; returns the objects of the lines that end in them. */
  push(characters) {
    const lines = characters.split("\n");
    if (lines.length === 1) {
      this.#rest.push(characters);
      return [];
    }
    const first = [...this.#rest, lines[0]].join("");
    this.#rest = [lines.pop()];
    return [first, ...lines.slice(1)].flatMap((line) => this.#read(line));
  }

  end() {
    return this.#read(this.#rest.join(""));
  }

  #read(line) {
    this.#line += 1;
    if (!line.trim()) return [];
    try {
      const value = JSON.parse(line);
      if (value !== null && typeof value === "object" && !Array.isArray(value)) return [value];
      this.problems.push({ line: this.#line, message: "is no JSON object" });
    } catch {
      this.problems.push({ line: this.#line, message: "is not JSON" });
    }
    return [];
  }
}

/** A cell of a table for a value. */
export const cellOf = (value) =>
  value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
