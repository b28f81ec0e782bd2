// You: where mouse, finger or keys want the paddle to go.

const KEYS: Record<string, number> = {
  ArrowUp: 1,
  w: 1,
  W: 1,
  ArrowDown: -1,
  s: -1,
  S: -1,
};

export class Human {
  // Where the pointer is, from 0 (bottom) to 1.
  #pointer: number | undefined;
  readonly #held = new Set<string>();

  // Takes what happens on the element, over the field of which it spans the height.
  listen(element: HTMLElement): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    const point = ({ clientY }: PointerEvent) => {
      const { top, height } = element.getBoundingClientRect();
      this.point(1 - (clientY - top) / height);
    };
    // Whoever is quick leaves the field at its end without having been seen there.
    for (const type of ["pointerdown", "pointermove", "pointerleave"] as const) {
      element.addEventListener(type, point, { signal });
    }
    element.addEventListener(
      "keydown",
      (event) => {
        if (this.press(event.key)) event.preventDefault();
      },
      { signal },
    );
    element.addEventListener("keyup", ({ key }) => this.release(key), { signal });
    element.addEventListener("blur", () => this.#held.clear(), { signal });
    return () => stop.abort();
  }

  point(y: number): void {
    this.#pointer = Math.min(Math.max(y, 0), 1);
  }

  // Whether the key is one of the game.
  press(key: string): boolean {
    if (!(key in KEYS)) return false;
    this.#held.add(key);
    this.#pointer = undefined;
    return true;
  }

  release(key: string): void {
    this.#held.delete(key);
  }

  // The cell to which the paddle, in its cell, is to go.
  wantedCell(cell: number, rows: number): number {
    if (this.#pointer !== undefined) return Math.min(Math.floor(this.#pointer * rows), rows - 1);
    let direction = 0;
    for (const key of this.#held) direction += KEYS[key]!;
    return cell + Math.sign(direction);
  }
}
