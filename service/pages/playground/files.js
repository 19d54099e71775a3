// The view that classifies a file: chosen, sent in pieces, shown, downloaded.

import { classifyRows } from "./batch.js";
import { byId, el, say } from "./dom.js";
import { exported } from "./export.js";
import { guessLabels } from "./measures.js";
import { Outcomes } from "./outcomes.js";
import { report } from "./report.js";
import { FileError, guessColumns, readTable } from "./rows.js";
import { duration, number, plural } from "./wording.js";

// A column of more different values is hardly one of labels.
const MOST_LABELS = 20;

const VALUES_ELSEWHERE = "This model answers values, and this view counts labels. `python -m training predict` scores a file with it.";

export class Files {
  #api;
  #onError;
  #openText;
  #table;
  #run; // {texts, truths, outcomes, limits, begun, before}
  #stop;

  /** @param openText shows a row's text in the first view. */
  constructor(api, { onError, openText }) {
    this.#api = api;
    this.#onError = onError;
    this.#openText = openText;
    byId("file").addEventListener("change", ({ target }) => {
      if (target.files[0]) this.#open(target.files[0]);
      target.value = ""; // the same file may be chosen again
    });
    byId("sample").addEventListener("click", () => this.#openSample());
    byId("cancel").addEventListener("click", () => this.#stop?.abort());
    byId("resume").addEventListener("click", () => this.#classify());
    byId("choose").addEventListener("submit", (event) => { event.preventDefault(); this.#start(); });
    this.#takeDrops();
  }

  #takeDrops() {
    const place = byId("drop");
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => event.preventDefault()); // beside the place: no navigation
    place.addEventListener("dragover", () => place.classList.add("over"));
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      place.classList.remove("over");
      if (event.dataTransfer.files[0]) this.#open(event.dataTransfer.files[0]);
    });
  }

  async #openSample() {
    try {
      await this.#open(new File([await this.#api.file("playground/sample.csv")], "sample.csv"));
    } catch (error) {
      this.#fail(error);
    }
  }

  async #open(file) {
    this.#stop?.abort();
    const opening = this.#stop = new AbortController();
    for (const id of ["choose", "run", "results"]) byId(id).hidden = true;
    byId("drop").classList.add("small");
    say(byId("files-problem"), null);
    byId("opening").textContent = `Reading ${file.name}…`;
    try {
      const [model] = await this.#api.models();
      if (model.task === "regression") throw new FileError(VALUES_ELSEWHERE);
      const table = await readTable(file);
      if (opening.signal.aborted) return; // another file was chosen meanwhile
      this.#table = table;
      this.#choose(model);
    } catch (error) {
      if (opening.signal.aborted) return;
      this.#fail(error);
    }
    byId("opening").textContent = "";
  }

  /** Asks which columns to take. */
  #choose(model) {
    const table = this.#table;
    const guess = guessColumns(table);
    const options = (chosen) => table.columns.map((name, i) => el("option", { value: i, selected: i === chosen }, name));
    const label = el("select", { id: "label-column" }, el("option", { value: "" }, "none"), options(guess.label));
    const meanings = el("div");
    const showMeanings = () => meanings.replaceChildren(...this.#meanings(label.value, model.labels ?? []));
    label.addEventListener("change", showMeanings);
    showMeanings();
    byId("choose").replaceChildren(
      el("p", {}, el("strong", {}, table.name), ` – ${plural(table.rows.length, "row")}, ${plural(table.columns.length, "column")}`),
      ...table.notes.map((note) => el("p", { class: "problem" }, note)),
      preview(table),
      el("div", { class: "row fields" },
        el("span", {}, el("label", { for: "text-column" }, "Column of the text"), el("select", { id: "text-column" }, options(guess.text))),
        el("span", {}, el("label", { for: "label-column" }, "Column of a label, to compare with"), label)),
      meanings,
      el("div", { class: "row" }, el("button", { type: "submit", id: "start" }, `Classify ${plural(table.rows.length, "row")}`)));
    byId("choose").hidden = false;
    this.#run = { model };
  }

  /** Asks what the labels of the file mean, where they are not the model's own words. */
  #meanings(column, labels) {
    if (column === "") return [];
    const values = [...new Set(this.#table.rows.map((row) => row[column]))];
    if (values.length > MOST_LABELS) {
      return [el("p", { class: "problem" }, `The column has ${number(values.length)} different values; it is hardly one of labels.`)];
    }
    const guesses = guessLabels(values, labels);
    return [el("fieldset", { class: "row fields bare" },
      el("legend", {}, "Its labels mean"),
      values.map((value, i) => {
        const id = `meaning-${i}`;
        const select = el("select", { id, class: "meaning" },
          el("option", { value: "" }, "left out"),
          labels.map((label) => el("option", { value: label, selected: label === guesses[i] }, label)));
        select.dataset.value = value;
        return el("span", {}, el("label", { for: id }, value || "(empty)"), select);
      }))];
  }

  #start() {
    const { model } = this.#run;
    if (!model.labels) {
      this.#fail(new Error(`The service has no version of ${model.name} to answer with: ${model.state}.`));
      return;
    }
    const texts = this.#table.rows.map((row) => row[byId("text-column").value]);
    this.#run = {
      model, texts,
      truths: this.#truths(model.labels),
      outcomes: new Outcomes(texts.length, model.labels),
    };
    byId("choose").hidden = true;
    byId("results").hidden = true;
    this.#classify();
  }

  /** Of each row the number of its true label; null where the file has none. */
  #truths(labels) {
    const column = byId("label-column").value;
    const meanings = new Map([...document.querySelectorAll("select.meaning")].map((select) =>
      [select.dataset.value, select.value ? labels.indexOf(select.value) : undefined]));
    return column === "" || !meanings.size ? null : this.#table.rows.map((row) => meanings.get(row[column]));
  }

  /** Sends the rows that have no answer yet. */
  async #classify() {
    const run = this.#run;
    const stop = new AbortController();
    this.#stop = stop;
    run.begun = performance.now();
    run.before = run.outcomes.done;
    say(byId("files-problem"), null);
    byId("run").hidden = byId("progress").hidden = false;
    byId("resume").hidden = true;
    byId("cancel").hidden = false;
    byId("results").hidden = true;
    this.#showProgress(run);
    try {
      await classifyRows(run.texts, run.outcomes, {
        api: this.#api,
        limits: run.model.limits,
        overflow: "window",
        signal: stop.signal,
        onProgress: () => stop === this.#stop && this.#showProgress(run),
        onWait: (seconds, error) => this.#say(`${error.message} Trying again in ${duration(Math.max(1, seconds))}.`),
      });
      if (stop === this.#stop) this.#finish(run, "Done");
    } catch (error) {
      if (stop !== this.#stop) return; // another file was chosen meanwhile
      this.#finish(run, error.name === "AbortError" ? "Cancelled" : "Stopped");
      if (error.name !== "AbortError") this.#fail(error);
    }
  }

  #showProgress({ outcomes, begun, before }) {
    const seconds = (performance.now() - begun) / 1000;
    const rate = (outcomes.done - before) / seconds;
    const left = outcomes.done > before ? `, ${duration((outcomes.length - outcomes.done) / rate)} left` : "";
    byId("progress").value = outcomes.done / outcomes.length;
    // Changes too often to be read aloud.
    this.#say(`${number(outcomes.done)} of ${plural(outcomes.length, "row")}${left}`, "off");
  }

  #say(message, live = "polite") {
    byId("run-state").setAttribute("aria-live", live);
    byId("run-state").textContent = message;
  }

  #finish({ outcomes, begun, before }, word) {
    const seconds = (performance.now() - begun) / 1000;
    const rest = outcomes.length - outcomes.done;
    const now = outcomes.done - before;
    byId("cancel").hidden = true;
    byId("resume").hidden = rest === 0;
    byId("progress").hidden = rest === 0;
    this.#say(rest
      ? `${word} after ${number(outcomes.done)} of ${plural(outcomes.length, "row")}.`
      : `${word}: ${plural(now, "row")} in ${duration(seconds)}, ${number(Math.round(now / seconds))} a second.`);
    if (outcomes.done) this.#showReport();
  }

  #showReport() {
    const { texts, truths, outcomes } = this.#run;
    byId("results").replaceChildren(...report({
      texts, truths, outcomes,
      openText: this.#openText,
      download: () => this.#download(),
    }));
    byId("results").hidden = false;
  }

  async #download() {
    const file = await exported(this.#table, this.#run.outcomes);
    const address = URL.createObjectURL(file);
    el("a", { href: address, download: file.name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  }

  #fail(error) {
    say(byId("files-problem"), error.message);
    this.#onError(error);
  }
}

function preview(table) {
  const shown = table.columns.slice(0, 6);
  return el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "The first rows" },
    el("table", { class: "rows preview" },
      el("caption", { class: "unseen" }, "The first rows"),
      el("thead", {}, el("tr", {}, shown.map((name) => el("th", { scope: "col" }, name)))),
      el("tbody", {}, table.rows.slice(0, 3).map((row) => el("tr", {}, shown.map((_, i) => el("td", {}, el("span", { class: "clamp" }, row[i]))))))));
}
