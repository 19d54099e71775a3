// The text as the model reads it: sentences by their label, words by their weight, what was not read.

import { el } from "./dom.js";
import { countCodePoints, cutAt } from "./offsets.js";
import { tone } from "./polarity.js";
import { percent, signed } from "./wording.js";

/** The text with its sentences coloured. */
export function sentencesOf(text, document) {
  return marked(text, document.sentences, (sentence) => ({
    class: `sentence ${tone(sentence.label)}`,
    style: { "--strength": Math.max(...Object.values(sentence.probabilities)).toFixed(3) },
    detail: Object.entries(sentence.probabilities).map(([label, p]) => `${label} ${percent(p)}`).join(", "),
  }), document.read);
}

/** The text with its words coloured by how much they speak for the answer, or against it. */
export function wordsOf(text, document) {
  const { target, tokens } = document.explanation;
  const most = Math.max(1e-9, ...tokens.map(({ weight }) => Math.abs(weight)));
  return marked(text, tokens, (word) => ({
    class: `word ${word.weight >= 0 ? `for ${tone(target)}` : "against"}${word.unknown ? " unknown" : ""}`,
    style: { "--strength": (Math.abs(word.weight) / most).toFixed(3) },
    detail: `“${word.text}” speaks ${word.weight >= 0 ? "for" : "against"} ${target}: ${signed(word.weight)}${
      word.unknown ? ". The model does not know this word." : ""}`,
  }), document.read);
}

function marked(text, parts, look, read) {
  return cutAt(text, within(parts, read, countCodePoints(text))).map(({ text: piece, part }) => {
    if (part === null) return el("span", {}, piece);
    if (part.unread) return el("span", { class: "unread", title: "not read" }, piece);
    const { detail, ...rest } = look(part);
    const label = `${piece} – ${detail}`;
    const option = el("span", { ...rest, role: "option", tabindex: -1, "aria-selected": "false", "aria-label": label }, piece);
    option.dataset.detail = detail;
    return option;
  });
}

/** The parts as far as they were read, and what was not read as parts of its own. */
function within(parts, read, characters) {
  if (!read) return parts;
  const end = read.offset + read.length;
  const kept = parts
    .map((part) => {
      const from = Math.max(part.offset, read.offset);
      return { ...part, offset: from, length: Math.min(part.offset + part.length, end) - from };
    })
    .filter(({ length }) => length > 0);
  return [
    { unread: true, offset: 0, length: read.offset },
    ...kept,
    { unread: true, offset: end, length: characters - end },
  ].filter(({ length }) => length > 0);
}
