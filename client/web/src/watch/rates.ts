// Rates of populations over time, in bins that hold enough to be told.
import type { Point } from "../plots/series.ts";

// Bins that are kept, the latest.
const MOST = 200;

export class Rates {
  readonly #binMs: number;
  readonly #size: number;
  #points: Point[] = [];
  #beginMs: number | undefined;
  #spikes = 0;

  // Of so many neurons, over bins of so much biological time at least.
  constructor(size: number, binMs: number) {
    this.#size = size;
    this.#binMs = binMs;
  }

  // Hz at the end of each bin.
  get points(): readonly Point[] {
    return this.#points;
  }

  // Hz, over the last bin.
  get last(): number {
    return this.#points.at(-1)?.y ?? 0;
  }

  // So many spikes from begin to end.
  add(spikes: number, beginMs: number, endMs: number): void {
    this.#beginMs ??= beginMs;
    this.#spikes += spikes;
    const lastedMs = endMs - this.#beginMs;
    if (lastedMs < this.#binMs) return;
    const rate = this.#spikes / this.#size / (lastedMs / 1000);
    this.#points = [...this.#points.slice(1 - MOST), { x: endMs, y: rate }];
    this.#beginMs = endMs;
    this.#spikes = 0;
  }
}
