// A file -> a table of strings: its format, its encoding, its columns.

import { DelimitedReader, guessDelimiter } from "./delimited.js";
import { JsonLinesReader, cellOf } from "./jsonlines.js";
import { Turns } from "./turns.js";
import { number } from "./wording.js";

export const MOST_ROWS = 500_000;

const HEAD_BYTES = 65_536;
const PIECE_BYTES = 131_072;

const TEXT_NAMES = ["text", "review", "sentence", "comment", "content", "message", "body", "tweet", "feedback"];
const LABEL_NAMES = ["label", "sentiment", "class", "target", "polarity", "category"];

/** A file that cannot be read as rows; the message is for who chose it. */
export class FileError extends Error {}

/**
 * @returns `{name, format, delimiter, columns, rows, objects, notes}`: `rows` are lists of cells as
 *     long as `columns`; `objects`, of JSON lines alone, are what they were made of.
 */
export async function readTable(file) {
  const format = await formatOf(file);
  if (format === "jsonl") return readObjects(file);
  return readRecords(file, format);
}

/** The columns that by their names, or else by their length, hold texts and labels. */
export function guessColumns({ columns, rows }) {
  const named = (names) => names.map((name) => columns.findIndex((column) => column.trim().toLowerCase() === name)).find((i) => i >= 0);
  const sample = rows.slice(0, 200);
  const characters = columns.map((_, i) => sample.reduce((sum, row) => sum + row[i].length, 0));
  const text = named(TEXT_NAMES) ?? characters.indexOf(Math.max(...characters));
  const label = named(LABEL_NAMES);
  return { text, label: label === undefined || label === text ? null : label };
}

async function formatOf(file) {
  const [, ending = ""] = /\.([^.]+)$/.exec(file.name.toLowerCase()) ?? [];
  if (["jsonl", "ndjson"].includes(ending)) return "jsonl";
  if (["parquet", "xlsx", "xls", "gz", "zip"].includes(ending)) {
    throw new FileError(`${file.name}: this page reads CSV, TSV and JSONL. \`python -m training predict\` reads Parquet and .gz too.`);
  }
  if (ending === "tsv") return "tsv";
  const head = await headOf(file);
  return /^\s*\{\s*"/.test(head) ? "jsonl" : guessDelimiter(head) === "\t" ? "tsv" : "csv";
}

async function readRecords(file, format) {
  const delimiter = format === "tsv" ? "\t" : guessDelimiter(await headOf(file));
  const [{ records, unclosed }, notes] = await decoded(file, async (pieces) => {
    const reader = new DelimitedReader(delimiter);
    const found = [];
    for await (const piece of pieces) {
      for (const record of reader.push(piece)) found.push(record);
      refuseTooMany(file, found.length);
    }
    const last = reader.end();
    return { records: [...concat(found, last.records)], unclosed: last.unclosed };
  });
  if (records.length < 2) throw new FileError(`${file.name} has ${records.length ? "a head and no rows" : "no rows"}.`);
  const [head_, ...rows] = records;
  const columns = unique(head_);
  let ragged = 0;
  for (const row of rows) {
    if (row.length !== columns.length) ragged += 1;
    while (row.length < columns.length) row.push("");
    if (row.length > columns.length) row.splice(columns.length - 1, Infinity, row.slice(columns.length - 1).join(delimiter));
  }
  if (ragged) notes.push(`${number(ragged)} rows have more or fewer cells than the head.`);
  if (unclosed) notes.push("A quote near the end is never closed: the last row holds all that follows it.");
  return { name: file.name, format, delimiter, columns, rows, objects: null, notes };
}

async function readObjects(file) {
  const [{ objects, problems }, notes] = await decoded(file, async (pieces) => {
    const reader = new JsonLinesReader();
    const found = [];
    for await (const piece of pieces) {
      for (const object of reader.push(piece)) found.push(object);
      refuseTooMany(file, found.length);
    }
    return { objects: [...concat(found, reader.end())], problems: reader.problems };
  });
  if (problems.length) {
    const lines = problems.slice(0, 5).map(({ line, message }) => `line ${line} ${message}`).join(", ");
    notes.push(`${number(problems.length)} lines are left out: ${lines}${problems.length > 5 ? ", …" : ""}.`);
  }
  if (!objects.length) throw new FileError(`${file.name} has no line that is a JSON object.`);
  const columns = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  const rows = objects.map((object) => columns.map((column) => cellOf(object[column])));
  return { name: file.name, format: "jsonl", delimiter: null, columns, rows, objects, notes };
}

/** Calls `read` with the file's characters, as UTF-8 or, where they are not, as Windows wrote them. */
async function decoded(file, read) {
  const decoder = new TextDecoder(await encodingOf(file), { fatal: true });
  try {
    return [await read(pieces(file, decoder)), []];
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const note = `The file is not ${decoder.encoding.toUpperCase()}; it was read as Windows-1252.`;
    return [await read(pieces(file, new TextDecoder("windows-1252"))), [note]];
  }
}

async function encodingOf(file) {
  const [first, second] = new Uint8Array(await file.slice(0, 2).arrayBuffer());
  return first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
}

/** The first characters, to guess by. */
async function headOf(file) {
  return new TextDecoder(await encodingOf(file)).decode(await file.slice(0, HEAD_BYTES).arrayBuffer(), { stream: true });
}

/** The file's characters. Its own stream may come in one piece, however long. */
async function* pieces(file, decoder) {
  const turns = new Turns();
  for (let from = 0; from < file.size; from += PIECE_BYTES) {
    const bytes = await file.slice(from, from + PIECE_BYTES).arrayBuffer();
    yield decoder.decode(bytes, { stream: from + PIECE_BYTES < file.size });
    await turns.next();
  }
}

function* concat(...lists) {
  for (const list of lists) yield* list;
}

function unique(names) {
  const seen = new Map();
  return names.map((name, i) => {
    const plain = name.trim() || `column ${i + 1}`;
    const times = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, times);
    return times === 1 ? plain : `${plain} (${times})`;
  });
}

function refuseTooMany(file, rows) {
  if (rows > MOST_ROWS) {
    throw new FileError(`${file.name} has more than ${number(MOST_ROWS)} rows. \`python -m training predict\` scores files of any size.`);
  }
}
