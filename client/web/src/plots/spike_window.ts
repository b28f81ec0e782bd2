// The latest spikes: as many as are to be seen, in memory taken once.

export class SpikeWindow {
  readonly #times: Float64Array;
  readonly #rows: Uint32Array;
  readonly #capacity: number;
  #end = 0;
  #size = 0;

  constructor(capacity = 1 << 18) {
    this.#capacity = capacity;
    this.#times = new Float64Array(capacity);
    this.#rows = new Uint32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  // Takes spikes, each with its row from 0; where there is no room the oldest go.
  add(times: readonly number[], senders: readonly number[], firstRow: number): void {
    for (let k = Math.max(0, times.length - this.#capacity); k < times.length; ++k) {
      this.#times[this.#end] = times[k]!;
      this.#rows[this.#end] = firstRow + senders[k]!;
      this.#end = (this.#end + 1) % this.#capacity;
    }
    this.#size = Math.min(this.#size + times.length, this.#capacity);
  }

  // Forgets those at the old end that are not later than `time`.
  forget(time: number): void {
    while (this.#size > 0 && this.#times[this.#begin]! <= time) --this.#size;
  }

  clear(): void {
    this.#size = 0;
  }

  forEach(visit: (time: number, row: number) => void): void {
    for (let k = 0, at = this.#begin; k < this.#size; ++k) {
      visit(this.#times[at]!, this.#rows[at]!);
      if (++at === this.#capacity) at = 0;
    }
  }

  get #begin(): number {
    return (this.#end - this.#size + this.#capacity) % this.#capacity;
  }
}
