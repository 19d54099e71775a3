// The view of the versions: their figures and cards, side by side on a text, switched and rolled back.

import { bars } from "./bars.js";
import { byId, el, say } from "./dom.js";
import { markdown } from "./markdown.js";
import { isValue } from "./kinds.js";
import { tone } from "./polarity.js";
import { moment, number, percent, value } from "./wording.js";

const MOST_COMPARED = 8;
const LOOK_MILLISECONDS = 300;
// A worker loads and verifies the version before it serves.
const LOADING_SECONDS = 10;

export class Models {
  #api;
  #onError;
  #onSwitch;
  #text;
  #name;
  #begun = 0; // how many actions

  /**
   * @param onSwitch is called when another version serves.
   * @param text gives a text to begin the comparison with.
   */
  constructor(api, { onError, onSwitch, text }) {
    this.#api = api;
    this.#onError = onError;
    this.#onSwitch = onSwitch;
    this.#text = text;
  }

  /** Loads the view. Where it comes late, what was begun in the meantime stays. */
  async show() {
    await this.#guarded(async () => {
      const begun = this.#begun;
      const [{ name }] = await this.#api.models();
      this.#name = name;
      const [model, versions] = await Promise.all([this.#api.model(name), this.#api.versions(name)]);
      if (begun === this.#begun) byId("versions").replaceChildren(...this.#sections(model, versions.reverse()));
    });
  }

  #sections(model, versions) {
    return [
      el("section", { "aria-labelledby": "versions-title" },
        el("h3", { id: "versions-title" }, `Versions of ${model.name}`),
        model.refused ? el("p", { class: "problem" }, `Refused: ${model.refused.message}`) : null,
        this.#list(versions),
        this.#rollBack(model)),
      this.#comparison(versions),
      el("section", { "aria-labelledby": "figures-title" },
        el("h3", { id: "figures-title" }, "Figures"), figures(versions)),
      el("section", { "aria-labelledby": "cards-title" },
        el("h3", { id: "cards-title" }, "Model cards"),
        versions.map((version) => el("details", { class: "card" },
          el("summary", {}, `Version ${version.version}`),
          version.card ? markdown(version.card) : el("p", { class: "faint" }, "It has none.")))),
    ];
  }

  #list(versions) {
    const head = ["Version", "State", "Made", "Labels", "Reads at once", ""];
    return scroll("Versions", el("table", { class: "rows" },
      el("thead", {}, el("tr", {}, head.map((name) => (name ? el("th", { scope: "col" }, name) : el("td"))))),
      el("tbody", {}, versions.map((version) => el("tr", { class: version.state === "serving" && "current" },
        el("th", { scope: "row" }, version.version),
        el("td", {}, version.problem ?? version.state),
        el("td", { class: "narrow" }, moment(version.created)),
        el("td", {}, version.labels?.join(", ") ?? ""),
        el("td", { class: "narrow" }, version.pipeline ? `${number(version.pipeline.timesteps)} tokens` : ""),
        el("td", { class: "narrow" }, version.state === "serving" ? null
          : el("button", {
            type: "button", class: "quiet", "aria-label": `Activate version ${version.version}`,
            onclick: () => this.#activate(version.version),
          }, "Activate")))))));
  }

  #rollBack(model) {
    const to = model.previous;
    return el("div", { class: "row" },
      el("button", { type: "button", class: "quiet", disabled: to === null, onclick: () => this.#switch(
        `Roll back to version ${to}? Every request from then on is answered by it.`, () => this.#api.rollBack(this.#name)) }, "Roll back"),
      el("span", { class: "faint" }, to === null ? "No other version was active before." : `Version ${to} was active before.`),
      el("span", { id: "switch-state", role: "status" }));
  }

  #activate(version) {
    return this.#switch(
      `Activate version ${version}? It is verified first; then every request is answered by it.`,
      () => this.#api.activate(this.#name, version));
  }

  async #switch(question, ask) {
    if (!this.#api.adminKey) {
      byId("keys").showModal();
      byId("admin-key").focus();
      return;
    }
    if (!(await confirmed(question))) return;
    await this.#guarded(async () => {
      byId("switch-state").textContent = "Verifying…";
      const { model, within_seconds: seconds } = await ask();
      await this.#serves(model.version, seconds + LOADING_SECONDS);
      this.#onSwitch();
      await this.show();
      byId("switch-state").textContent = `Version ${model.version} serves.`;
    });
    const state = byId("switch-state");
    if (state?.textContent === "Verifying…") state.textContent = "";
  }

  /** Waits until the version serves, or gives up. */
  async #serves(version, seconds) {
    for (const end = performance.now() + 1000 * seconds; performance.now() < end;) {
      const [model] = await this.#api.models();
      if (model.version === version) return;
      await new Promise((resolve) => { setTimeout(resolve, LOOK_MILLISECONDS); });
    }
  }

  #comparison(versions) {
    const text = el("textarea", { id: "compared-text", rows: 3 });
    text.value = this.#text() || "The staff were kind, but the room was cold and the heating broken.";
    const chosen = versions.slice(0, MOST_COMPARED).map(({ version }, i) => {
      const box = el("input", { type: "checkbox", value: version });
      box.checked = i < 3;
      return box;
    });
    const places = el("div", { class: "side-by-side", "aria-live": "polite" });
    const compare = (event) => {
      event.preventDefault();
      const wanted = chosen.filter((box) => box.checked).map((box) => box.value);
      return this.#guarded(async () => places.replaceChildren(...await this.#answers(text.value, wanted, versions)));
    };
    return el("section", { "aria-labelledby": "compare-title" },
      el("h3", { id: "compare-title" }, "Side by side"),
      el("form", { class: "stack", onsubmit: compare },
        el("label", { class: "unseen", for: "compared-text" }, "Text to compare versions on"), text,
        el("div", { class: "row" },
          el("fieldset", { class: "row bare" }, el("legend", { class: "unseen" }, "Versions to compare"),
            chosen.map((box) => el("label", { class: "check" }, box, ` Version ${box.value}`))),
          el("button", { type: "submit" }, "Compare")),
        el("p", { class: "faint" }, "A version that does not serve is loaded for the comparison alone, which takes the admin key.")),
      places);
  }

  /** Without the admin key only what serves can be asked, as anybody may. */
  async #answers(text, wanted, versions) {
    const serving = versions.find(({ state }) => state === "serving")?.version;
    if (!wanted.some((version) => version !== serving)) {
      const { data } = await this.#api.predict({ text });
      return [answered({ version: data.model.version, document: data.documents[0] })];
    }
    return (await this.#api.compare(this.#name, text, wanted)).map(answered);
  }

  async #guarded(action) {
    this.#begun += 1;
    say(byId("models-problem"));
    try {
      await action();
    } catch (error) {
      say(byId("models-problem"), error.message);
      byId("models-problem").scrollIntoView({ block: "nearest" });
      this.#onError(error);
    }
  }
}

function answered({ version, document: found, problem }) {
  return el("article", { class: "panel" },
    el("h4", {}, `Version ${version}`),
    problem ? el("p", { class: "problem" }, problem.message)
      : isValue(found) ? el("p", {}, el("span", { class: "mark other" }, value(found.value))) : [
      el("p", {}, el("span", { class: `mark ${tone(found.label)}` }, found.label)),
      bars(found.probabilities, { caption: `Probabilities by version ${version}` }),
    ]);
}

/** Accuracy and macro recall, or errors of values, on each data set that a version was validated on. */
function figures(versions) {
  const known = versions.filter(({ metrics }) => metrics?.validation);
  if (!known.length) return el("p", { class: "faint" }, "No version says how it was validated.");
  const sources = [...new Set(known.flatMap(({ metrics }) => Object.keys(metrics.validation)))];
  const cell = ({ metrics }, source) => {
    const found = metrics.validation[source];
    if (!found) return el("td", {}, "–");
    const [first, second] = "mae" in found
      ? [value(found.mae), `correlation ${value(found.spearman)}`]
      : [percent(found.accuracy), `recall ${percent(found.macro_recall)}`];
    return el("td", { class: "narrow" }, el("span", { class: "strong" }, first), ` of ${number(found.rows)}, ${second}`);
  };
  return scroll("Figures", el("table", { class: "rows" },
    el("caption", { class: "faint" }, known.some(({ labels }) => labels)
      ? "Accuracy, of so many rows, and macro recall on validation rows"
      : "Mean absolute error, of so many rows, and rank correlation on validation rows"),
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Rows of"),
      known.map(({ version }) => el("th", { scope: "col" }, `Version ${version}`)))),
    el("tbody", {}, sources.map((source) =>
      el("tr", {}, el("th", { scope: "row" }, source), known.map((version) => cell(version, source)))))));
}

function scroll(label, table) {
  return el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": label }, table);
}

/** Asks a question that has to be answered. */
function confirmed(question) {
  const dialog = byId("confirm");
  byId("confirm-text").textContent = question;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
