// Long work in turns with the page: what is drawn and what is typed come in between.

const TURN_MILLISECONDS = 30;

export class Turns {
  #begun = performance.now();

  /** Awaited between two pieces of work: lets the page have its turn where it has waited long enough. */
  async next() {
    if (performance.now() - this.#begun < TURN_MILLISECONDS) return;
    await new Promise((resolve) => { setTimeout(resolve); });
    this.#begun = performance.now();
  }
}
