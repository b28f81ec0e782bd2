// Values over time, in bounded memory: when there are too many, neighbours are
// merged, so that the whole stays in view.

export interface Point {
  x: number;
  y: number;
}

export class Series {
  readonly #most: number;
  #points: Point[] = [];
  // Values that make a point, and those that are to make the next one.
  #merged = 1;
  #sum = 0;
  #count = 0;

  constructor(most = 1000) {
    this.#most = most;
  }

  get points(): readonly Point[] {
    return this.#points;
  }

  add(x: number, y: number): void {
    this.#sum += y;
    if (++this.#count < this.#merged) return;
    this.#points.push({ x, y: this.#sum / this.#count });
    this.#sum = this.#count = 0;
    if (this.#points.length < this.#most) return;
    this.#merged *= 2;
    this.#points = this.#points.flatMap(({ x: at, y: value }, k, all) =>
      k % 2 === 1 ? [{ x: at, y: (value + all[k - 1]!.y) / 2 }] : [],
    );
  }

  // Forgets what lies before `x`.
  forget(x: number): void {
    const first = this.#points.findIndex((point) => point.x >= x);
    if (first !== 0) this.#points = first < 0 ? [] : this.#points.slice(first);
  }
}

// Snapshots over time, in bounded memory: when there are too many, every second one
// is forgotten, but for the latest.
export class History<T> {
  readonly #most: number;
  #kept: { time: number; value: T }[] = [];
  #latest: { time: number; value: T } | undefined;
  #every = 1;
  #added = 0;

  constructor(most = 100) {
    this.#most = most;
  }

  get entries(): readonly { time: number; value: T }[] {
    return this.#latest ? [...this.#kept, this.#latest] : this.#kept;
  }

  add(time: number, value: T): void {
    if (this.#latest && (this.#added - 1) % this.#every === 0) this.#kept.push(this.#latest);
    this.#latest = { time, value };
    ++this.#added;
    if (this.#kept.length < this.#most) return;
    this.#kept = this.#kept.filter((_, k) => k % 2 === 0);
    this.#every *= 2;
  }
}
