// The words that count most for an answer, as bars to both sides of a line.

import { el } from "./dom.js";
import { weighed } from "./kinds.js";
import { tone } from "./polarity.js";
import { signed } from "./wording.js";

const SHOWN = 8;

/** @param found a document with its explanation, as the service answers it. */
export function weights(found) {
  const { target, tokens } = found.explanation;
  const strongest = [...tokens].sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight)).slice(0, SHOWN);
  strongest.sort((a, b) => b.weight - a.weight);
  const most = Math.max(1e-9, ...strongest.map(({ weight }) => Math.abs(weight)));
  return el("table", { class: "bars weights" },
    el("caption", { class: "faint" }, weighed(found)),
    el("tbody", {}, strongest.map(({ text, weight }) =>
      el("tr", { class: weight >= 0 ? tone(target) : "against" },
        el("th", { scope: "row" }, text),
        el("td", { class: "track" },
          el("span", { class: weight >= 0 ? "fill" : "fill back", style: { "--share": Math.abs(weight) / most } })),
        el("td", { class: "figure" }, signed(weight))))));
}
