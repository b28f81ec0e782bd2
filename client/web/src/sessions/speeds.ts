// How fast sessions go, from how far they have come between two looks at them.

export class Speeds {
  #seen = new Map<string, { timeMs: number; atMs: number }>();
  #speeds = new Map<string, number>();

  // Takes a look at all sessions at the wall time `atMs`.
  look(sessions: readonly { name: string; timeMs: number }[], atMs: number): void {
    const seen = new Map<string, { timeMs: number; atMs: number }>();
    const speeds = new Map<string, number>();
    for (const { name, timeMs } of sessions) {
      const before = this.#seen.get(name);
      seen.set(name, { timeMs, atMs });
      if (!before || atMs <= before.atMs) continue;
      speeds.set(name, Math.max(timeMs - before.timeMs, 0) / (atMs - before.atMs));
    }
    this.#seen = seen;
    this.#speeds = speeds;
  }

  // Biological time for each unit of real time; 0 where it is not known yet.
  of(name: string): number {
    return this.#speeds.get(name) ?? 0;
  }
}
