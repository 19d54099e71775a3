// The view that classifies a text while it is typed.

import { bars } from "./bars.js";
import { copy } from "./clipboard.js";
import { course } from "./course.js";
import { byId, el, say } from "./dom.js";
import { writeLink } from "./link.js";
import { asListbox } from "./listbox.js";
import { countCodePoints } from "./offsets.js";
import { sentencesOf, wordsOf } from "./passage.js";
import { ordered, tone } from "./polarity.js";
import { SNIPPETS } from "./snippets.js";
import { weights } from "./weights.js";
import { milliseconds, number, percent, plural } from "./wording.js";

const PAUSE_MILLISECONDS = 250;
const FEWEST_FOR_COURSE = 3;

const EXAMPLES = {
  Mixed: "The food was wonderful and the view is even better. But the service was awful: we waited an hour for the bill.",
  Emoji: "The concert was cancelled again 😡😡 At least the refund came the same day 👍",
  "A longer review": `We booked the cabin for a week in autumn. The drive up is beautiful, and the lake is right at the door. Inside it was spotless, with a stove that warms the room in minutes. Then the heating failed on the second night. I called the office four times before anybody answered. They promised a technician for the morning and none came. To be fair, the neighbours lent us two heaters and even brought soup. The mattress is hard. Breakfast on the terrace, with the fog lifting off the water, was the best hour of every day. We would come back for the place, but not for the people who run it.`,
  Plain: "The library opens at nine, and the lift is on the left.",
};

export class Try {
  #api;
  #onError;
  #timer;
  #running;
  #last; // {text, document} of the answer that is shown

  /** @param onError is told of each error, for what concerns the whole page. */
  constructor(api, { onError }) {
    this.#api = api;
    this.#onError = onError;
    byId("text").addEventListener("input", () => this.#later());
    for (const id of ["sentences", "explain", "overflow"]) byId(id).addEventListener("change", () => this.run());
    for (const radio of document.getElementsByName("shown")) radio.addEventListener("change", () => this.#showPassage());
    for (const radio of document.getElementsByName("language")) radio.addEventListener("change", () => this.#showSnippet());
    byId("copy-snippet").addEventListener("click", () => copy(byId("snippet").textContent, byId("copied")));
    byId("copy-link").addEventListener("click", () => this.#copyLink());
    byId("examples").append(...Object.entries(EXAMPLES).map(([name, text]) =>
      el("button", { type: "button", class: "chip", onclick: () => this.open({ text }) }, name)));
    addEventListener("resize", () => this.#last && this.#showCourse());
  }

  get text() {
    return byId("text").value;
  }

  /** Puts a text into the box and classifies it. */
  open({ text, overflow }) {
    byId("text").value = text;
    if (["window", "truncate", "error"].includes(overflow)) byId("overflow").value = overflow;
    this.run();
  }

  /** Classifies what is in the box; an answer that is still on its way is not waited for. */
  async run() {
    clearTimeout(this.#timer);
    this.#running?.abort();
    const running = new AbortController();
    this.#running = running;
    const text = this.text;
    byId("count").textContent = text ? plural(countCodePoints(text), "character") : "";
    if (!text.trim()) return this.#clear();
    byId("try").setAttribute("aria-busy", "true");
    try {
      const answer = await this.#api.predict(this.#body(), running.signal);
      this.#show(text, answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      say(byId("try-problem"), error.message);
      byId("answer").classList.add("outdated");
      this.#onError(error);
    }
    byId("try").removeAttribute("aria-busy");
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.run(), PAUSE_MILLISECONDS);
  }

  #body() {
    const options = { sentences: byId("sentences").checked, explain: byId("explain").checked, overflow: byId("overflow").value };
    return { text: this.text, options };
  }

  #clear() {
    this.#last = undefined;
    say(byId("try-problem"));
    byId("answer").classList.remove("outdated");
    byId("verdict").replaceChildren(el("span", { class: "faint" }, "No text yet"));
    for (const id of ["probabilities", "warnings", "facts"]) byId(id).replaceChildren();
    for (const id of ["reading", "course", "weights", "request"]) byId(id).hidden = true;
  }

  #show(text, { data, serviceMilliseconds: inService, milliseconds: inAll }) {
    const [found] = data.documents;
    this.#last = { text, document: found };
    say(byId("try-problem"));
    byId("answer").classList.remove("outdated");
    byId("verdict").replaceChildren(
      el("span", { class: `mark ${tone(found.sentiment)}` }, found.sentiment),
      el("span", { class: "faint" }, found.mixed
        ? `its sentences disagree; as a whole ${found.label}, ${percent(found.probabilities[found.label])}`
        : percent(found.probabilities[found.label])));
    byId("probabilities").replaceChildren(bars(found.probabilities, { caption: "Probability of each label" }));
    byId("warnings").replaceChildren(...found.warnings.map(({ message }) => el("li", {}, message)));
    this.#showFacts(found.statistics, data.model, inService, inAll);
    this.#showPassage();
    this.#showCourse();
    byId("weights").hidden = !found.explanation;
    if (found.explanation) byId("weights-list").replaceChildren(weights(found.explanation));
    this.#showSnippet();
  }

  #showFacts(statistics, model, inService, inAll) {
    const facts = {
      Model: `${model.name}, version ${model.version}`,
      Time: `${milliseconds(inService)} in the service, ${milliseconds(inAll)} in all`,
      Read: [
        `${plural(statistics.words, "word")} as ${plural(statistics.tokens, "token")}`,
        statistics.windows > 1 ? `in ${statistics.windows} windows` : null,
        statistics.truncated ? "cut off: not all of it was read" : null,
      ].filter(Boolean).join(", "),
      "Unknown words": number(statistics.unknown_tokens),
    };
    byId("facts").replaceChildren(...Object.entries(facts).map(([name, value]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, value))));
  }

  #showPassage() {
    if (!this.#last) return;
    const { text, document: found } = this.#last;
    const wanted = document.querySelector("[name=shown]:checked").value;
    const words = found.explanation && (wanted === "words" || !found.sentences);
    byId("reading").hidden = !(words || found.sentences);
    if (byId("reading").hidden) return;
    byId("passage").replaceChildren(...(words ? wordsOf(text, found) : sentencesOf(text, found)));
    byId("legend").replaceChildren(...(words ? wordLegend(found) : sentenceLegend(found)));
    byId("detail").textContent = "";
    asListbox(byId("passage"), words ? "Words" : "Sentences", (option) => {
      byId("detail").textContent = option?.dataset.detail ?? "";
    });
  }

  #showCourse() {
    const scored = this.#last.document.sentences?.filter(({ score }) => score !== null) ?? [];
    byId("course").hidden = scored.length < FEWEST_FOR_COURSE;
    if (byId("course").hidden) return;
    const place = byId("course-plot");
    place.replaceChildren(course(scored, { width: Math.max(200, place.clientWidth), onPoint: (i) => pointAt(i) }));
  }

  #showSnippet() {
    byId("request").hidden = !this.#last;
    const write = SNIPPETS[document.querySelector("[name=language]:checked").value];
    const url = new URL("v1/predict", location.href.split(/[?#]/)[0]).href;
    byId("snippet").textContent = write(url, this.#body(), this.#api.key !== "");
  }

  #copyLink() {
    const link = writeLink(location.href, { text: this.text, overflow: byId("overflow").value });
    history.replaceState(null, "", link);
    copy(link, byId("copied"));
  }
}

/** Marks a sentence of the passage, as the pointer on it would. */
function pointAt(number) {
  const options = byId("passage").querySelectorAll(".sentence");
  options.forEach((option, i) => option.setAttribute("aria-selected", String(i === number)));
  byId("detail").textContent = options[number]?.dataset.detail ?? "";
}

function sentenceLegend({ sentences }) {
  const labels = new Set(sentences.map(({ label }) => label));
  return ordered(labels).map((label) => el("span", { class: `key ${tone(label)}` }, label));
}

function wordLegend({ explanation: { target, tokens } }) {
  return [
    el("span", { class: `key swatch ${tone(target)}` }, `speaks for ${target}`),
    el("span", { class: "key swatch against" }, "speaks against it"),
    tokens.some(({ unknown }) => unknown) ? el("span", { class: "key unknown" }, "unknown to the model") : null,
  ].filter(Boolean);
}
