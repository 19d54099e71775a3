// A table with its answers, as a file in the format that it came in.

import { writeRecord } from "./delimited.js";
import { Turns } from "./turns.js";

// Columns as `python -m training predict` names them.
const PREFIX = "model_";
const DECIMALS = 6;
const ROWS_A_PART = 500;

/** Makes the file in parts, so that the page stays awake. */
export async function exported(table, outcomes) {
  const parts = [...head(table, outcomes)];
  const turns = new Turns();
  for (let from = 0; from < table.rows.length; from += ROWS_A_PART) {
    const rows = table.rows.slice(from, from + ROWS_A_PART);
    parts.push(rows.map((_, i) => line(table, outcomes, from + i)).join(""));
    await turns.next();
  }
  const type = { csv: "text/csv", tsv: "text/tab-separated-values", jsonl: "application/x-ndjson" }[table.format];
  return new File(parts, table.name.replace(/(\.[^.]*)?$/, `.scored.${table.format}`), { type });
}

/** The names of the columns that are added; with a prefix where the table has one of them. */
export function addedColumns(table, labels) {
  const names = ["label", "score", ...labels.map((label) => `probability_${label}`), "truncated", "error"];
  return names.some((name) => table.columns.includes(name)) ? names.map((name) => PREFIX + name) : names;
}

function head(table, outcomes) {
  if (table.format === "jsonl") return [];
  // The mark tells spreadsheets that the file is UTF-8.
  return ["\ufeff", writeRecord([...table.columns, ...addedColumns(table, outcomes.labels)], table.delimiter)];
}

function line(table, outcomes, row) {
  const values = added(outcomes, row);
  if (table.format === "jsonl") {
    const names = addedColumns(table, outcomes.labels);
    return `${JSON.stringify({ ...table.objects[row], ...Object.fromEntries(names.map((name, i) => [name, values[i]])) })}\n`;
  }
  return writeRecord([...table.rows[row], ...values.map((value) => (value === null ? "" : String(value)))], table.delimiter);
}

function added(outcomes, row) {
  const label = outcomes.label(row) ?? null;
  const rounded = (value) => (Number.isNaN(value) ? null : Number(value.toFixed(DECIMALS)));
  return [
    label,
    rounded(outcomes.score(row)),
    ...outcomes.labels.map((_, i) => (label === null ? null : rounded(outcomes.probability(row, i)))),
    label === null ? null : outcomes.truncated.has(row),
    outcomes.errors.get(row) ?? (label === null ? "not classified" : null),
  ];
}
