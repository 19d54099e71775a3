// Keys and pointer for a list of options: one stop of the tab key, arrows from there on.

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

/** Makes the options of `list` reachable; `onChoice` gets the option under focus or pointer, or null. */
export function asListbox(list, label, onChoice) {
  const options = [...list.querySelectorAll("[role=option]")];
  list.setAttribute("role", options.length ? "listbox" : "group");
  list.setAttribute("aria-label", label);
  if (options.length) options[0].tabIndex = 0;
  const choose = (option) => {
    for (const other of options) other.setAttribute("aria-selected", String(other === option));
    onChoice(option);
  };
  list.onkeydown = (event) => {
    const at = options.indexOf(event.target);
    if (at < 0 || !(event.key in STEPS)) return;
    event.preventDefault();
    options[at].tabIndex = -1;
    const next = options[Math.min(options.length - 1, Math.max(0, at + STEPS[event.key]))];
    next.tabIndex = 0;
    next.focus();
  };
  for (const option of options) {
    option.addEventListener("focus", () => choose(option));
    option.addEventListener("blur", () => choose(null));
    option.addEventListener("pointerenter", () => choose(option));
    option.addEventListener("pointerleave", () => choose(null));
  }
}
