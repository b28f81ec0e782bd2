// When the next step is due: paused, one at a time, or as fast as was asked for.
import { wait } from "../api/backoff.ts";

// Waits that are shorter, browsers make no shorter: steps come two at a time then.
const SHORTEST_WAIT_MS = 4;
const FOREVER_MS = 3_600_000;

export class Pacer {
  readonly #signal: AbortSignal;
  #speed: number;
  #paused = false;
  #steps = 0;
  #dueMs = 0;
  // Ends the wait for the next step.
  #wake = new AbortController();

  // `signal` ends all waiting.
  constructor(speed: number, signal: AbortSignal) {
    this.#speed = speed;
    this.#signal = signal;
    signal.addEventListener("abort", () => this.#wake.abort());
  }

  get paused(): boolean {
    return this.#paused;
  }

  // Biological time for each unit of real time, at most.
  get speed(): number {
    return this.#speed;
  }

  set speed(speed: number) {
    this.#speed = speed;
    this.#dueMs = 0;
    this.#wake.abort();
  }

  pause(): void {
    this.#paused = true;
    this.#wake.abort();
  }

  resume(): void {
    this.#paused = false;
    this.#wake.abort();
  }

  // Lets one more step be due while paused.
  step(): void {
    ++this.#steps;
    this.pause();
  }

  // Waits until a step of so much biological time is due.
  async turn(durationMs: number): Promise<void> {
    while (!this.#signal.aborted) {
      if (this.#paused) {
        if (this.#steps === 0) {
          await this.#sleep(FOREVER_MS);
          continue;
        }
        --this.#steps;
        return;
      }
      const now = performance.now();
      // What was late is not caught up.
      this.#dueMs = Math.max(this.#dueMs, now);
      if (this.#dueMs - now < SHORTEST_WAIT_MS) break;
      await this.#sleep(this.#dueMs - now);
    }
    this.#dueMs += durationMs / this.#speed;
  }

  async #sleep(ms: number): Promise<void> {
    this.#wake = new AbortController();
    await wait(ms, this.#wake.signal);
  }
}
