// Many texts through the ordinary batch route, in pieces: tried again, halved, cancelled, gone on with.

import { ApiError } from "./api.js";
import { PieceSize, Queue } from "./pieces.js";

// Requests under way at once: while one is on the network another is computed.
const LANES = 2;

const TRIES = 7;
const FIRST_WAIT_SECONDS = 0.5;
const LONGEST_WAIT_SECONDS = 10;
const PIECE_SECONDS = 120;

const encoder = new TextEncoder();
const bytesOf = (text) => encoder.encode(JSON.stringify(text)).length + 1;

/**
 * Classifies the rows that have no outcome yet.
 *
 * @param texts n strings.
 * @param outcomes gets what comes.
 * @param limits the service's.
 * @param onProgress called after each piece.
 * @param onWait called with the seconds until a failed piece is tried again, and why.
 * @throws ApiError when the service refuses or does not come back; a later call goes on from there.
 *     An AbortError when the signal says so.
 */
export async function classifyRows(texts, outcomes, { api, limits, overflow, signal, onProgress, onWait }) {
  const pending = Array.from(texts.keys()).filter((row) => outcomes.pending(row));
  const queue = new Queue(pending, (row) => bytesOf(texts[row]));
  const size = new PieceSize(limits.documents);
  // One lane's failure stops the other.
  const failed = new AbortController();
  const together = AbortSignal.any([signal, failed.signal]);

  async function lane() {
    while (!queue.empty) {
      const rows = queue.take(size.rows, limits.body_bytes);
      try {
        const begun = performance.now();
        keep(await sendPatiently(rows), rows);
        size.learn(rows.length, (performance.now() - begun) / 1000);
      } catch (error) {
        if (error.status !== 413) throw error;
        // Something on the way takes less than the service does.
        if (rows.length === 1) outcomes.fail(rows[0], error.message);
        else queue.putBack(rows);
        size.refuse(rows.length);
      }
      onProgress();
    }
  }

  async function sendPatiently(rows) {
    const body = { texts: rows.map((row) => texts[row]), options: { overflow } };
    for (let tries = 1; ; tries += 1) {
      try {
        const timed = AbortSignal.any([together, AbortSignal.timeout(1000 * PIECE_SECONDS)]);
        return (await api.predict(body, timed)).data;
      } catch (error) {
        if (!(error instanceof ApiError && error.passing) || tries === TRIES) throw error;
        const backoff = Math.min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (tries - 1));
        const seconds = Math.max(error.retryAfter, backoff);
        onWait(seconds, error);
        await sleep(seconds, together);
      }
    }
  }

  function keep({ model, documents, errors }, rows) {
    outcomes.versions.add(model.version);
    for (const document of documents) {
      if (!outcomes.labels.includes(document.label)) {
        throw new ApiError("The service answers with other labels than it did: its model was changed. Start again.", { status: 409 });
      }
      outcomes.answer(rows[document.index], document);
    }
    for (const { index, error } of errors) outcomes.fail(rows[index], error.message);
  }

  const lanes = await Promise.allSettled(
    Array.from({ length: LANES }, () => lane().catch((error) => { failed.abort(); throw error; })));
  const reasons = lanes.filter(({ status }) => status === "rejected").map(({ reason }) => reason);
  if (reasons.length) throw reasons.find((reason) => reason instanceof ApiError) ?? reasons[0];
}

function sleep(seconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => { clearTimeout(timer); reject(new DOMException("cancelled", "AbortError")); };
    const timer = setTimeout(() => { signal.removeEventListener("abort", stop); resolve(); }, 1000 * seconds);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
