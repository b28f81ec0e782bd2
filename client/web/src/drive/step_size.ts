// How long steps are to be: short enough in real time to be paused at once, long enough
// that asking for them costs little, on however slow a page.

// Real time that the server is to compute a step, at least and at most.
const LEAST_MS = 40;
const MOST_MS = 200;
// Steps that lasted no time, of which the mean is taken.
const PINGS = 5;
// Of an answer that comes later than that it is the server that takes the time.
const SLOW_MS = 1000;
// Where there is no speed to go by.
const FIRST_STEP_MS = 10;
const LONGEST_STEP_MS = 60_000;

export class StepSize {
  readonly #resolutionMs: number;
  // Real time between sending a step that lasts no time, and its answer: the latest.
  #pingsMs: number[] = [];
  #latencyMs = 0;
  // Biological time of a step at full speed, as measured.
  #fullMs = FIRST_STEP_MS;

  constructor(resolutionMs: number) {
    this.#resolutionMs = resolutionMs;
  }

  // The biological time of the next step, on the grid of the resolution.
  next(speed: number): number {
    const wanted = Math.min(speed * this.#aimMs, this.#fullMs, LONGEST_STEP_MS);
    return Math.max(Math.round(wanted / this.#resolutionMs), 1) * this.#resolutionMs;
  }

  // A step of so much biological time has been answered after so much real time.
  took(durationMs: number, realMs: number): void {
    if (durationMs === 0) {
      this.#pingsMs = [...this.#pingsMs, realMs].slice(-PINGS);
      this.#latencyMs = this.#pingsMs.reduce((sum, ms) => sum + ms, 0) / this.#pingsMs.length;
      return;
    }
    // Latency changes from step to step, so that one step says but little.
    const computedMs = Math.max(realMs - this.#latencyMs, this.#aimMs / 2);
    const full = durationMs * (this.#aimMs / computedMs);
    const least = realMs < SLOW_MS ? this.#fullMs / 1.2 : this.#resolutionMs;
    this.#fullMs = Math.max(full, least);
  }

  // While it computes, the server does not wait for the page: twice the latency.
  get #aimMs(): number {
    return Math.min(Math.max(2 * this.#latencyMs, LEAST_MS), MOST_MS);
  }
}
