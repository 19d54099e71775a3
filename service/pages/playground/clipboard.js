// Copying, where the browser lets a page do it: the clipboard's own interface wants https or localhost.

import { el } from "./dom.js";

/** Copies a text and says in `place` how it went. */
export async function copy(text, place) {
  const done = await write(text);
  place.textContent = done ? "Copied." : "The browser refuses; select and copy by hand.";
  setTimeout(() => { place.textContent = ""; }, 4000);
}

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = el("textarea", { class: "unseen", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}
