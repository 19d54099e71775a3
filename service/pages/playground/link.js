// A state of the page <-> the part of its address after the #, which browsers send to no server.

const VIEWS = ["try", "files", "models"];

/** `#try?text=…&overflow=…` -> `{view, text, overflow}`; another address opens the first view. */
export function readLink(hash) {
  const [view, query = ""] = splitOnce(hash.replace(/^#/, ""), "?");
  const found = new URLSearchParams(query);
  return {
    view: VIEWS.includes(view) ? view : VIEWS[0],
    text: found.get("text"),
    overflow: found.get("overflow"),
  };
}

/** The address of a text in the first view. */
export function writeLink(address, { text, overflow }) {
  const parameters = new URLSearchParams({ text: text.replace(/\p{Surrogate}/gu, "\ufffd") });
  if (overflow !== "window") parameters.set("overflow", overflow);
  return `${address.split("#")[0]}#try?${parameters}`;
}

function splitOnce(text, separator) {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
