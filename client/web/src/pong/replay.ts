// A match from its record, as fast as was asked for, from wherever one likes.
import { type Poll, POLL_MS } from "../../../node/src/rules.ts";
import { Pacer } from "../drive/pacer.ts";
import { Store } from "../store.ts";
import type { MatchState, Played } from "./driver.ts";
import type { MatchRecord } from "./record.ts";

// What sees a replay.
export interface ReplayView {
  show(played: Played): void;
  // Begins again where these polls have been played.
  restart(polls: readonly Poll[]): void;
}

export class Replay {
  readonly record: MatchRecord;
  readonly state = new Store<MatchState>({ kind: "playing" });
  readonly #stop = new AbortController();
  readonly #pacer: Pacer;
  readonly #view: ReplayView;
  #next = 0;

  constructor(record: MatchRecord, speed: number, view: ReplayView) {
    this.record = record;
    this.#pacer = new Pacer(speed, this.#stop.signal);
    this.#view = view;
  }

  // How many polls have been played.
  get played(): number {
    return this.#next;
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

  // Goes to where so many polls, at least one, have been played, and on from there if it plays.
  seek(polls: number): void {
    this.#next = polls;
    this.#view.restart(this.record.polls.slice(0, polls));
    if (this.state.value.kind !== "over") return;
    this.state.set({ kind: this.#pacer.paused ? "paused" : "playing" });
    void this.run();
  }

  // Plays until the end, or until it is left.
  async run(): Promise<void> {
    const { polls } = this.record;
    while (this.#next < polls.length) {
      await this.#pacer.turn(POLL_MS);
      if (this.#stop.signal.aborted) return;
      // By now somebody may have gone to the end.
      const poll = polls[this.#next];
      if (!poll) break;
      ++this.#next;
      this.#view.show({ poll, spikes: {}, weights: poll.weights });
      // Without limits a long record would never let the page draw.
      if (this.#next % 50 === 0) await new Promise((resolve) => setTimeout(resolve));
    }
    this.state.set({ kind: "over" });
  }

  leave(): void {
    this.#stop.abort();
  }
}
