// How the score goes over the sentences of a text, as a small plot.

import { svg } from "./dom.js";
import { tone } from "./polarity.js";

const HEIGHT = 96;
const MARGIN = 8;

/**
 * @param sentences as the service answers them.
 * @param heights of each sentence, from -1 to 1.
 * @param summary what a screen reader says of the plot.
 * @param width in pixels.
 * @param onPoint called with the number of the sentence whose point the pointer is on, and with null.
 */
export function course(sentences, { heights, summary, width, onPoint }) {
  const step = (width - 2 * MARGIN) / Math.max(sentences.length - 1, 1);
  const x = (i) => MARGIN + i * step;
  const y = (i) => HEIGHT / 2 - heights[i] * (HEIGHT / 2 - MARGIN);
  const path = heights.map((_, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(i).toFixed(1)}`).join("");
  const radius = Math.min(5, Math.max(1.5, step / 3));
  return svg("svg", { class: "course", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": summary },
    svg("line", { class: "axis", x1: 0, x2: width, y1: HEIGHT / 2, y2: HEIGHT / 2 }),
    svg("path", { class: "line", d: path }),
    sentences.map(({ label }, i) =>
      svg("circle", {
        class: tone(label), cx: x(i), cy: y(i), r: radius,
        onpointerenter: () => onPoint(i), onpointerleave: () => onPoint(null),
      })));
}
