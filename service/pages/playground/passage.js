// The text as the model reads it: sentences by their label, words by their weight, what was not read.

import { el } from "./dom.js";
import { does, inWords, isValue, strength } from "./kinds.js";
import { countCodePoints, cutAt } from "./offsets.js";
import { ordered, tone } from "./polarity.js";
import { signed } from "./wording.js";

/** The text with its sentences coloured. */
export function sentencesOf(text, document) {
  return marked(text, document.sentences, (sentence) => ({
    class: `sentence ${tone(sentence.label)}`,
    style: { "--strength": strength(sentence).toFixed(3) },
    detail: inWords(sentence),
  }), document.read);
}

/** The text with its words coloured by how much they speak for the answer, or against it. */
export function wordsOf(text, document) {
  const { target, tokens } = document.explanation;
  const most = Math.max(1e-9, ...tokens.map(({ weight }) => Math.abs(weight)));
  return marked(text, tokens, (word) => ({
    class: `word ${word.weight >= 0 ? `for ${tone(target)}` : "against"}${word.unknown ? " unknown" : ""}`,
    style: { "--strength": (Math.abs(word.weight) / most).toFixed(3) },
    detail: `“${word.text}” ${does(document, word.weight >= 0)}: ${signed(word.weight)}${
      word.unknown ? ". The model does not know this word." : ""}`,
  }), document.read);
}

/** What the colours of the sentences mean. */
export function sentenceLegend({ sentences, read }) {
  const labels = new Set(sentences.filter((sentence) => !isValue(sentence)).map(({ label }) => label));
  return [...ordered(labels).map((label) => el("span", { class: `key ${tone(label)}` }, label)), ...unreadKey(read)];
}

/** What the colours of the words mean. */
export function wordLegend(found) {
  const { target, tokens } = found.explanation;
  return [
    el("span", { class: `key swatch ${tone(target)}` }, does(found, true)),
    el("span", { class: "key swatch against" }, does(found, false)),
    ...(tokens.some(({ unknown }) => unknown) ? [el("span", { class: "key unknown" }, "unknown to the model")] : []),
    ...unreadKey(found.read),
  ];
}

const unreadKey = (read) => (read ? [el("span", { class: "key struck" }, "not read")] : []);

function marked(text, parts, look, read) {
  return cutAt(text, within(parts, read, countCodePoints(text))).map(({ text: piece, part }) => {
    if (part === null) return el("span", {}, piece);
    const { detail, ...rest } = part.unread ? { class: "unread", detail: "not read" } : look(part);
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
