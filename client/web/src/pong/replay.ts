// A match from its record, as fast as was asked for.
import { type Pair, POLL_MS } from "../../../node/src/rules.ts";
import { Pacer } from "../drive/pacer.ts";
import { Store } from "../store.ts";
import type { MatchState, Played } from "./driver.ts";
import type { MatchRecord } from "./record.ts";

export class Replay {
  readonly record: MatchRecord;
  readonly state = new Store<MatchState>({ kind: "playing" });
  readonly #stop = new AbortController();
  readonly #pacer: Pacer;
  readonly #onPlayed: (played: Played) => void;
  #next = 0;

  constructor(record: MatchRecord, speed: number, onPlayed: (played: Played) => void) {
    this.record = record;
    this.#pacer = new Pacer(speed, this.#stop.signal);
    this.#onPlayed = onPlayed;
  }

  get speed(): number {
    return this.#pacer.speed;
  }

  set speed(speed: number) {
    this.#pacer.speed = speed;
  }

  pause(): void {
    this.#pacer.pause();
    this.state.set({ kind: "paused" });
  }

  resume(): void {
    this.#pacer.resume();
    this.state.set({ kind: "playing" });
  }

  step(): void {
    this.#pacer.step();
    this.state.set({ kind: "paused" });
  }

  async run(): Promise<void> {
    const { polls } = this.record;
    while (this.#next < polls.length) {
      await this.#pacer.turn(POLL_MS);
      if (this.#stop.signal.aborted) return;
      const poll = polls[this.#next++]!;
      this.#onPlayed({ poll, spikes: {}, weights: poll.weights as Pair<number[][]> | undefined });
      // Without limits a long record would never let the page draw.
      if (this.#next % 50 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    this.state.set({ kind: "over" });
  }

  leave(): void {
    this.#stop.abort();
  }
}
