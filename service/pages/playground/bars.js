// Shares and probabilities as horizontal bars with their figures: tables, so that they can be read aloud.

import { el } from "./dom.js";
import { ordered, tone } from "./polarity.js";
import { percent } from "./wording.js";

/** One bar for each label. `shares` maps labels to numbers from 0 to 1, `notes` to a text beside each. */
export function bars(shares, { caption, notes = {} }) {
  const rows = ordered(Object.keys(shares)).map((label) =>
    el("tr", { class: tone(label) },
      el("th", { scope: "row" }, label),
      el("td", { class: "track" }, el("span", { class: "fill", style: { "--share": shares[label] } })),
      el("td", { class: "figure" }, notes[label] ?? percent(shares[label]))));
  return el("table", { class: "bars" }, el("caption", { class: "unseen" }, caption), el("tbody", {}, rows));
}

/** One bar that is divided among the labels. */
export function divided(shares) {
  return el("span", { class: "divided", "aria-hidden": "true" },
    ordered(Object.keys(shares)).map((label) =>
      el("span", { class: tone(label), style: { "--share": shares[label] } })));
}
