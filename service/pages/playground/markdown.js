// A model card as elements: the little Markdown that cards are written in, and nothing of HTML.

import { el } from "./dom.js";

/** Headings (two levels below the card's own), paragraphs, lists, tables, code and bold; no pictures. */
export function markdown(text) {
  return text.replaceAll("\r", "").split(/\n{2,}/).flatMap(block);
}

function block(text) {
  const lines = text.trim().split("\n");
  const heading = /^(#+) (.*)$/.exec(lines[0]);
  if (heading) {
    const level = Math.min(6, heading[1].length + 3);
    const rest = lines.slice(1).join("\n");
    return [el(`h${level}`, {}, ...inline(heading[2])), ...(rest.trim() ? block(rest) : [])];
  }
  if (lines[0].startsWith("|")) return [table(lines)];
  if (/^[-*] /.test(lines[0])) {
    return [el("ul", {}, items(lines).map((item) => el("li", {}, ...inline(item))))];
  }
  const words = lines.join(" ").replace(/!\[[^\]]*\]\([^)]*\)/g, "").trim();
  return words ? [el("p", {}, ...inline(words))] : [];
}

/** List items, each with the lines that go on with it. */
function items(lines) {
  const found = [];
  for (const line of lines) {
    if (/^[-*] /.test(line)) found.push(line.slice(2));
    else found[found.length - 1] += ` ${line.trim()}`;
  }
  return found;
}

function table(lines) {
  const [head, , ...rows] = lines.map((line) => line.replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim()));
  return el("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Table of the card" }, el("table", {},
    el("thead", {}, el("tr", {}, head.map((cell) => el("th", { scope: "col" }, ...inline(cell))))),
    el("tbody", {}, rows.map((row) => el("tr", {}, row.map((cell) => el("td", {}, ...inline(cell))))))));
}

function inline(text) {
  return text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((part) => {
    if (/^`.+`$/.test(part)) return el("code", {}, part.slice(1, -1));
    if (/^\*\*.+\*\*$/.test(part)) return el("strong", {}, part.slice(2, -2));
    return part;
  });
}
