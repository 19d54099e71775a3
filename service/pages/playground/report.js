// What came of a file: shares, figures against its labels, worst mistakes, and all rows to look through.

import { bars, divided } from "./bars.js";
import { el } from "./dom.js";
import { byLabel, byLength, compare, share } from "./measures.js";
import { tone } from "./polarity.js";
import { PagedTable } from "./table.js";
import { number, percent, plural, signed } from "./wording.js";

const WORST = 10;

/**
 * @param truths of each row the number of its true label or undefined; null where there are none.
 * @param openText shows a text in the first view; `download` saves the file with its answers.
 */
export function report({ texts, truths, outcomes, openText, download }) {
  const against = truths && compare(truths, outcomes);
  const open = (row) => el("button", { type: "button", class: "link", "aria-label": `Open row ${row + 1} in Try`, onclick: () => openText(texts[row]) }, "Open");
  return [
    el("div", { class: "row" },
      el("button", { type: "button", onclick: download, id: "download" }, "Download with the answers"),
      el("p", { class: "faint" }, "Cells that a spreadsheet would run as a formula begin with an apostrophe in CSV and TSV.")),
    el("div", { class: "panels" },
      el("div", { class: "stack" }, shares(outcomes), lengths(texts, outcomes)),
      against?.counted ? accuracy(against, outcomes.labels) : null),
    outcomes.versions.size > 1
      ? el("p", { class: "problem" }, `Versions ${[...outcomes.versions].join(" and ")} answered: the model was switched meanwhile.`) : null,
    against && !against.counted ? el("p", { class: "problem" }, "No row has a label that the model knows, so there is nothing to compare with.") : null,
    against?.wrong.length ? mistakes(against.wrong, texts, truths, outcomes, open) : null,
    rows(texts, truths, outcomes, open),
  ].filter(Boolean);
}

function shares(outcomes) {
  const counts = outcomes.counts();
  const total = counts.reduce((sum, count) => sum + count, 0);
  const by = (value) => Object.fromEntries(outcomes.labels.map((label, i) => [label, value(counts[i])]));
  return panel("Share of each label",
    bars(by((count) => count / Math.max(total, 1)), {
      caption: "Share of each label", notes: by((count) => `${percent(count / Math.max(total, 1))} · ${number(count)}`),
    }),
    outcomes.errors.size ? el("p", { class: "faint" }, `${plural(outcomes.errors.size, "row")} could not be classified.`) : null);
}

function lengths(texts, outcomes) {
  return panel("By length of the text",
    el("table", { class: "bars" },
      el("caption", { class: "unseen" }, "Share of each label by the text's length in characters"),
      el("tbody", {}, byLength(texts).map(({ from, to, rows: group }) => {
        const counts = outcomes.counts(group);
        const total = Math.max(1, counts.reduce((sum, count) => sum + count, 0));
        const shares_ = Object.fromEntries(outcomes.labels.map((label, i) => [label, counts[i] / total]));
        return el("tr", {},
          el("th", { scope: "row" }, to === Infinity ? `${number(from)} or more` : `${number(from)}–${number(to)}`),
          el("td", { class: "track" }, divided(shares_),
            el("span", { class: "unseen" }, Object.entries(shares_).map(([label, value]) => `${label} ${percent(value)}`).join(", "))),
          el("td", { class: "figure" }, plural(group.length, "row")));
      }))),
    el("p", { class: "legend faint" }, outcomes.labels.map((label) => el("span", { class: `key ${tone(label)}` }, label))));
}

function accuracy({ right, counted, matrix }, labels) {
  const { value, low, high } = share(right, counted);
  return panel("Accuracy",
    el("p", { class: "display" }, percent(value)),
    el("p", { class: "faint" }, `${number(right)} of ${plural(counted, "labelled row")} are right; 95 % interval ${percent(low)} to ${percent(high)}.`),
    confusion(matrix, labels));
}

function confusion(matrix, labels) {
  const figures = byLabel(matrix);
  const most = Math.max(1, ...matrix.flat());
  const written = (value) => (Number.isNaN(value) ? "–" : percent(value));
  return el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Confusion matrix" },
    el("table", { class: "matrix" },
      el("caption", { class: "faint" }, "Confusion: rows are the file's labels, columns the model's answers"),
      el("thead", {}, el("tr", {}, el("td"), labels.map((label) => el("th", { scope: "col" }, label)), el("th", { scope: "col" }, "recall"))),
      el("tbody", {}, matrix.map((counts, i) => el("tr", {},
        el("th", { scope: "row" }, labels[i]),
        counts.map((count, j) => el("td", { class: i === j ? "right" : "wrong", style: { "--share": count / most } }, number(count))),
        el("td", { class: "figure" }, written(figures[i].recall))))),
      el("tfoot", {}, el("tr", {}, el("th", { scope: "row" }, "precision"),
        figures.map(({ precision }) => el("td", { class: "figure" }, written(precision))), el("td")))));
}

function mistakes(wrong, texts, truths, outcomes, open) {
  return el("section", { "aria-labelledby": "worst-title" },
    el("h3", { id: "worst-title" }, "Worst mistakes"),
    el("p", { class: "faint" }, "Where the model was surest and the file says otherwise. Some of these may be wrong in the file."),
    el("ul", { class: "mistakes" }, wrong.slice(0, WORST).map((row) =>
      el("li", {},
        el("span", { class: "clamp" }, texts[row]),
        el("span", { class: "row faint" },
          `row ${number(row + 1)}: ${outcomes.labels[truths[row]]} in the file, `,
          mark(outcomes.label(row)), percent(outcomes.confidence(row)), open(row))))));
}

function rows(texts, truths, outcomes, open) {
  const columns = [
    { name: "Row", key: (row) => row, cell: (row) => number(row + 1), narrow: true },
    { name: "Text", key: (row) => texts[row].toLowerCase(), cell: (row) => el("span", { class: "clamp" }, texts[row]) },
    { name: "Answer", key: (row) => outcomes.label(row) ?? "", cell: (row) => answerCell(row, outcomes), narrow: true },
    { name: "Confidence", key: (row) => outcomes.confidence(row), cell: (row) => figure(outcomes.confidence(row), percent), narrow: true },
    { name: "Score", key: (row) => outcomes.score(row), cell: (row) => figure(outcomes.score(row), signed), narrow: true },
    { name: "Length", key: (row) => texts[row].length, cell: (row) => number(texts[row].length), narrow: true },
    truths && { name: "In the file", key: (row) => outcomes.labels[truths[row]] ?? "", cell: (row) => outcomes.labels[truths[row]] ?? "", narrow: true },
    { cell: open, narrow: true },
  ].filter(Boolean);
  const table = new PagedTable({ caption: "All rows", columns, rows: [...texts.keys()] });
  return el("section", { "aria-labelledby": "rows-title" },
    el("h3", { id: "rows-title" }, "All rows"),
    filters(table, texts, truths, outcomes),
    table.element);
}

function filters(table, texts, truths, outcomes) {
  const words = el("input", { id: "filter-text", type: "search", autocomplete: "off" });
  const label = el("select", { id: "filter-label" },
    ["any", ...outcomes.labels].map((name) => el("option", { value: name }, name)),
    outcomes.errors.size ? el("option", { value: "none" }, "no answer") : null);
  const fits = {
    any: () => true,
    right: (row) => truths[row] !== undefined && truths[row] === outcomes.labelIndex(row),
    wrong: (row) => truths[row] !== undefined && outcomes.labelIndex(row) !== undefined && truths[row] !== outcomes.labelIndex(row),
  };
  const judged = el("select", { id: "filter-judged" }, Object.keys(fits).map((name) => el("option", { value: name }, name)));
  const apply = () => {
    const wanted = words.value.toLowerCase();
    table.filter((row) =>
      (label.value === "any" || (label.value === "none" ? outcomes.label(row) === undefined : outcomes.label(row) === label.value))
      && fits[judged.value](row)
      && (!wanted || texts[row].toLowerCase().includes(wanted)));
  };
  let timer;
  words.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(apply, 150); });
  for (const select of [label, judged]) select.addEventListener("change", apply);
  const field = (name, input) => el("span", {}, el("label", { for: input.id }, name), input);
  return el("div", { class: "row fields" }, field("Text has", words), field("Answer", label), truths ? field("Against the file", judged) : null);
}

function answerCell(row, outcomes) {
  const label = outcomes.label(row);
  return label ? mark(label) : el("span", { class: "faint" }, outcomes.errors.get(row) ?? "not classified");
}

const mark = (label) => el("span", { class: `mark small ${tone(label)}` }, label);

const figure = (value, write) => (Number.isNaN(value) ? "" : write(value));

function panel(title, ...children) {
  const id = `panel-${title.toLowerCase().replaceAll(" ", "-")}`;
  return el("section", { class: "panel", "aria-labelledby": id }, el("h3", { id }, title), ...children);
}
