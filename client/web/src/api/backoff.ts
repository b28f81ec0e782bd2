// How long to wait before the next try, longer each time: many pages that have lost
// a server at once do not come back at once.
const FIRST_MS = 250;
const LAST_MS = 5000;
const GROWTH = 1.7;

export class Backoff {
  #nextMs = FIRST_MS;
  readonly #random: () => number;

  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  // The next wait in ms: between half of what is due and all of it.
  next(): number {
    const due = this.#nextMs;
    this.#nextMs = Math.min(due * GROWTH, LAST_MS);
    return due * (0.5 + 0.5 * this.#random());
  }

  // Something went well: the next wait is a short one.
  reset(): void {
    this.#nextMs = FIRST_MS;
  }
}

// Waits, or until `signal` is aborted.
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}
