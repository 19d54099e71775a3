// The view that classifies a text while it is typed.

import { bars } from "./bars.js";
import { copy } from "./clipboard.js";
import { course } from "./course.js";
import { byId, el, say } from "./dom.js";
import { heightsOf, inWords, isValue, mainProperty } from "./kinds.js";
import { writeLink } from "./link.js";
import { asListbox } from "./listbox.js";
import { countCodePoints } from "./offsets.js";
import { sentenceLegend, sentencesOf, wordLegend, wordsOf } from "./passage.js";
import { tone } from "./polarity.js";
import { SNIPPETS } from "./snippets.js";
import { weights } from "./weights.js";
import { milliseconds, number, percent, plural, value } from "./wording.js";

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
  #last; // {text, document, model, times, weighing} of the answer that is shown
  #width; // of the plot

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
    // Another width, or a view that is shown again.
    new ResizeObserver(([{ contentRect: { width } }]) => {
      if (width && width !== this.#width) this.#drawCourse(width);
    }).observe(byId("course-plot"));
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

  /**
   * Classifies what is in the box; an answer that is still on its way is not waited for. The weights
   * of the words come after the rest, since each word takes the model another reading.
   */
  async run() {
    this.#stop();
    const { signal } = this.#running = new AbortController();
    const text = this.text;
    byId("count").textContent = text ? plural(countCodePoints(text), "character") : "";
    if (!text.trim()) {
      this.#clear("No text yet");
      byId("request").hidden = true;
      return;
    }
    const { explain, ...options } = this.#options();
    byId("try").setAttribute("aria-busy", "true");
    try {
      this.#show(text, await this.#api.predict({ text, options }, signal), explain);
      if (explain) this.#explain(await this.#api.predict({ text, options: { ...options, sentences: false, explain } }, signal));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (this.#last?.weighing && this.#last.text === text) this.#leaveUnweighed();
      else this.#clear("No answer");
      say(byId("try-problem"), error.message);
      this.#showSnippet();
      this.#onError(error);
    }
    byId("try").removeAttribute("aria-busy");
  }

  /** What is on its way is for a text that has changed. */
  #stop() {
    clearTimeout(this.#timer);
    this.#running?.abort();
    byId("try").removeAttribute("aria-busy");
  }

  #later() {
    this.#stop();
    this.#timer = setTimeout(() => this.run(), PAUSE_MILLISECONDS);
  }

  #options() {
    return { sentences: byId("sentences").checked, explain: byId("explain").checked, overflow: byId("overflow").value };
  }

  #clear(word) {
    this.#last = undefined;
    say(byId("try-problem"));
    byId("verdict").replaceChildren(el("span", { class: "faint" }, word));
    for (const id of ["probabilities", "warnings", "facts"]) byId(id).replaceChildren();
    for (const id of ["reading", "course", "weights"]) byId(id).hidden = true;
  }

  #show(text, { data, ...times }, weighing) {
    const [found] = data.documents;
    this.#last = { text, document: found, model: data.model, times, weighing };
    say(byId("try-problem"));
    byId("verdict").replaceChildren(...verdict(found));
    byId("probabilities").replaceChildren(
      ...(isValue(found) ? [] : [bars(found.probabilities, { caption: "Probability of each label" })]));
    this.#showNotes();
    this.#showPassage();
    this.#showCourse();
    byId("weights").hidden = !weighing;
    byId("weights").classList.toggle("outdated", weighing);
    this.#showSnippet();
  }

  #explain({ data: { documents: [{ explanation, warnings }] }, serviceMilliseconds }) {
    const last = this.#last;
    Object.assign(last.document, { explanation, warnings });
    Object.assign(last, { weighing: false, weighed: serviceMilliseconds });
    this.#showNotes();
    byId("weights").classList.remove("outdated");
    byId("weights-list").replaceChildren(weights(last.document));
    if (wanted() === "words" || !last.document.sentences) this.#showPassage();
  }

  /** The answer stays, without the weights. */
  #leaveUnweighed() {
    this.#last.weighing = false;
    byId("weights").hidden = true;
    this.#showNotes();
    this.#showPassage();
  }

  /** What is said of the answer beside it. */
  #showNotes() {
    const { document: { statistics, warnings }, model, times, weighing, weighed } = this.#last;
    const facts = {
      Model: `${model.name}, version ${model.version}`,
      Time: `${milliseconds(times.serviceMilliseconds)} in the service, ${milliseconds(times.milliseconds)} in all`,
      "Words weighed in": weighing ? "…" : weighed === undefined ? null : milliseconds(weighed),
      Read: [
        `${plural(statistics.words, "word")} as ${plural(statistics.tokens, "token")}`,
        statistics.windows > 1 ? `in ${statistics.windows} windows` : null,
        statistics.truncated ? "cut off: not all of it was read" : null,
      ].filter(Boolean).join(", "),
      "Unknown words": number(statistics.unknown_tokens),
    };
    byId("warnings").replaceChildren(...warnings.map(({ message }) => el("li", {}, message)));
    byId("facts").replaceChildren(...Object.entries(facts).filter(([, fact]) => fact !== null).map(([name, fact]) =>
      el("div", {}, el("dt", {}, name), el("dd", {}, fact))));
  }

  #showPassage() {
    if (!this.#last) return;
    const { text, document: found, weighing } = this.#last;
    if (weighing && wanted() === "words" && !byId("reading").hidden) {
      byId("reading").classList.add("outdated"); // until the weights are there
      return;
    }
    byId("reading").classList.remove("outdated");
    const words = found.explanation && (wanted() === "words" || !found.sentences);
    byId("reading").hidden = !(words || found.sentences);
    if (byId("reading").hidden) return;
    byId("passage").replaceChildren(...(words ? wordsOf(text, found) : sentencesOf(text, found)));
    byId("legend").replaceChildren(...(words ? wordLegend(found) : sentenceLegend(found)));
    byId("detail").textContent = "";
    asListbox(byId("passage"), words ? "Words" : "Sentences", (option) => {
      byId("detail").textContent = option?.dataset.detail ?? "";
      if (!words) pointOut([...byId("passage").querySelectorAll(".sentence")].indexOf(option));
    });
  }

  #showCourse() {
    const { sentences = [] } = this.#last.document;
    byId("course").hidden = sentences.length < FEWEST_FOR_COURSE || !heightsOf(sentences);
    if (!byId("course").hidden) this.#drawCourse(byId("course-plot").clientWidth);
  }

  #drawCourse(width) {
    if (!width || byId("course").hidden) return;
    this.#width = width;
    const { sentences } = this.#last.document;
    const { caption, ...look } = heightsOf(sentences);
    byId("course-plot").replaceChildren(course(sentences, { ...look, width, onPoint: (i) => pointAt(i, sentences[i]) }));
    byId("course-caption").textContent = caption;
  }

  /** The one call that asks for all that is shown. */
  #showSnippet() {
    byId("request").hidden = false;
    const write = SNIPPETS[document.querySelector("[name=language]:checked").value];
    const url = new URL("v1/predict", location.href.split(/[?#]/)[0]).href;
    const property = mainProperty(this.#last?.document ?? {});
    const body = { text: this.text, options: this.#options() };
    byId("snippet").textContent = write(url, body, { keyed: this.#api.key !== "", property });
  }

  #copyLink() {
    const link = writeLink(location.href, { text: this.text, overflow: byId("overflow").value });
    history.replaceState(null, "", link);
    copy(link, byId("copied"));
  }
}

/** Which of the two is coloured. */
const wanted = () => document.querySelector("[name=shown]:checked").value;

function verdict(found) {
  if (isValue(found)) return [el("span", { class: "mark other" }, value(found.value))];
  const { sentiment, label, mixed, probabilities } = found;
  const sure = percent(probabilities[label]);
  return [
    el("span", { class: `mark ${tone(sentiment)}` }, sentiment),
    el("span", { class: "faint" }, mixed ? `its sentences disagree; as a whole ${label}, ${sure}` : sure),
  ];
}

/** Marks a sentence of the passage, as the pointer on it would; or says which it is, among words. */
function pointAt(number, sentence) {
  const options = byId("passage").querySelectorAll(".sentence");
  options.forEach((option, i) => option.setAttribute("aria-selected", String(i === number)));
  const which = options.length ? "" : `“${sentence?.text}” `;
  byId("detail").textContent = sentence ? which + inWords(sentence) : "";
}

/** Marks the point of a sentence in the plot. */
function pointOut(number) {
  byId("course-plot").querySelectorAll("circle").forEach((circle, i) => circle.classList.toggle("pointed", i === number));
}
