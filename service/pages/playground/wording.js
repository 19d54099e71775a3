// Numbers and times as they are shown.

const NUMBER = new Intl.NumberFormat("en");

export const number = (value) => NUMBER.format(value);

const VALUE = new Intl.NumberFormat("en", { maximumSignificantDigits: 4 });

/** A value that a regression answers. */
export const value = (answered) => VALUE.format(answered);

export const percent = (share) => `${(100 * share).toFixed(1)} %`;

/** A number with its sign; what rounds to 0 has none. */
export function signed(value, digits = 2) {
  const size = Math.abs(value).toFixed(digits);
  return Number(size) === 0 ? size : `${value < 0 ? "−" : "+"}${size}`;
}

/** A time that a machine takes. */
export const milliseconds = (ms) => (ms < 1000 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1000).toFixed(1)} s`);

export const plural = (count, one, many = `${one}s`) => `${number(count)} ${count === 1 ? one : many}`;

/** A time that somebody waits: "0.4 s", "8 s", "2 min 5 s". */
export function duration(seconds) {
  if (seconds < 1) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A moment as the service writes it, to the minute. */
export const moment = (iso) => (iso ? iso.slice(0, 16).replace("T", " ") : "unknown");
