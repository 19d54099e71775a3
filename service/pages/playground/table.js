// A table of many rows, a page at a time: sorted by its heads, filtered from outside.

import { el } from "./dom.js";
import { number, plural } from "./wording.js";

const ROWS_A_PAGE = 25;

export class PagedTable {
  #columns;
  #rows;
  #shown;
  #sorted = { column: null, descending: false };
  #page = 0;
  #body = el("tbody");
  #heads;
  #place = el("p", { role: "status", class: "faint" });
  #back = el("button", { type: "button", class: "quiet", onclick: () => this.#turn(-1) }, "Previous");
  #on = el("button", { type: "button", class: "quiet", onclick: () => this.#turn(1) }, "Next");

  /**
   * @param columns `{name, cell, key, narrow}`: `cell(row)` is what is shown, `key(row)` a number or a
   *     string to sort by. A column without a name and a key is one of buttons.
   * @param rows numbers of rows.
   */
  constructor({ caption, columns, rows }) {
    this.#columns = columns;
    this.#rows = rows;
    this.#shown = rows;
    this.#heads = columns.map((column) => (column.key
      ? el("th", { scope: "col", class: column.narrow && "narrow" },
        el("button", { type: "button", class: "sort", onclick: () => this.#sortBy(column) }, column.name))
      : el("td")));
    this.element = el("div", {},
      el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": caption },
        el("table", { class: "rows" }, el("caption", { class: "unseen" }, caption), el("thead", {}, el("tr", {}, this.#heads)), this.#body)),
      el("div", { class: "row pages" }, this.#back, this.#on, this.#place));
    this.#draw();
  }

  /** Shows the rows that fit. */
  filter(fits) {
    this.#shown = this.#rows.filter(fits);
    this.#sort();
    this.#page = 0;
    this.#draw();
  }

  #sortBy(column) {
    const again = this.#sorted.column === column;
    this.#sorted = { column, descending: again && !this.#sorted.descending };
    this.#columns.forEach((other, i) => {
      if (other === column) this.#heads[i].setAttribute("aria-sort", this.#sorted.descending ? "descending" : "ascending");
      else this.#heads[i].removeAttribute("aria-sort");
    });
    this.#shown = [...this.#shown];
    this.#sort();
    this.#page = 0;
    this.#draw();
  }

  #sort() {
    const { column, descending } = this.#sorted;
    if (!column) return;
    const keys = []; // by row: reading a list is several times faster than a map
    for (const row of this.#shown) keys[row] = column.key(row);
    const sign = descending ? -1 : 1;
    this.#shown.sort((a, b) => order(keys[a], keys[b], sign) || a - b);
  }

  #turn(pages) {
    this.#page += pages;
    this.#draw();
  }

  #draw() {
    const from = this.#page * ROWS_A_PAGE;
    const rows = this.#shown.slice(from, from + ROWS_A_PAGE);
    this.#body.replaceChildren(...rows.map((row) =>
      el("tr", {}, this.#columns.map((column) => el("td", { class: column.narrow && "narrow" }, column.cell(row))))));
    this.#back.disabled = from === 0;
    this.#on.disabled = from + ROWS_A_PAGE >= this.#shown.length;
    this.#place.textContent = rows.length
      ? `${number(from + 1)} to ${number(from + rows.length)} of ${plural(this.#shown.length, "row")}`
      : "No row fits.";
  }
}

/** What has no value comes last, whatever the order. */
function order(a, b, sign) {
  const [missing, other] = [Number.isNaN(a), Number.isNaN(b)];
  if (missing || other) return missing - other;
  return sign * (a < b ? -1 : a > b ? 1 : 0);
}
