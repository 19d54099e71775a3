// The service counts code points, JavaScript counts UTF-16 units: an emoji is one, or two.

/** Returns a function from an offset in code points to one in UTF-16 units. */
export function unitsOf(text) {
  const starts = [];
  for (let unit = 0; unit < text.length; unit += text.codePointAt(unit) > 0xffff ? 2 : 1) starts.push(unit);
  return (offset) => starts[offset] ?? text.length;
}

/** How many code points a text has. */
export function countCodePoints(text) {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/**
 * Cuts a text at parts that are in order and apart from each other.
 *
 * @param parts objects with `offset` and `length` in code points.
 * @returns all of the text as `{text, part}`, where `part` is null between the parts.
 */
export function cutAt(text, parts) {
  const units = unitsOf(text);
  const pieces = [];
  let end = 0;
  for (const part of parts) {
    const [from, to] = [units(part.offset), units(part.offset + part.length)];
    if (from > end) pieces.push({ text: text.slice(end, from), part: null });
    pieces.push({ text: text.slice(from, to), part });
    end = to;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), part: null });
  return pieces;
}
