// Lets time pass in a session, step after step, at a speed that is asked for.
import { explain, type Problem } from "../api/errors.ts";
import { LastingStream } from "../api/lasting_stream.ts";
import { Store } from "../store.ts";
import { Pacer } from "./pacer.ts";
import { StepSize } from "./step_size.ts";

export type StepperState =
  { kind: "running" | "paused" | "waiting" } | { kind: "over"; problem?: Problem };

// So often a step lasts no time, and tells how long asking takes.
const MEASURE_EVERY = 10;

export class Stepper {
  readonly state = new Store<StepperState>({ kind: "running" });
  readonly #stop = new AbortController();
  readonly #pacer: Pacer;
  readonly #stream: LastingStream;
  readonly #size: StepSize;

  constructor(session: string, resolutionMs: number, speed: number) {
    this.#size = new StepSize(resolutionMs);
    this.#pacer = new Pacer(speed, this.#stop.signal);
    this.#stream = new LastingStream(session, this.#stop.signal, (waiting) =>
      this.state.set({ kind: waiting ? "waiting" : "running" }),
    );
    void this.#run();
  }

  set speed(speed: number) {
    this.#pacer.speed = speed;
  }

  stop(): void {
    this.#stop.abort();
    this.state.set({ kind: "over" });
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      for (let steps = 0; !signal.aborted; ++steps) {
        if (steps % MEASURE_EVERY === 0) await this.#step(0);
        const durationMs = this.#size.next(this.#pacer.speed);
        await this.#pacer.turn(durationMs);
        if (!signal.aborted) await this.#step(durationMs);
      }
    } catch (error) {
      if (!signal.aborted) this.state.set({ kind: "over", problem: explain(error) });
      this.#stop.abort();
    }
  }

  async #step(durationMs: number): Promise<void> {
    const begin = performance.now();
    const { halted } = await this.#stream.step({ durationMs });
    if (halted) throw new Error("Somebody halted the session. Run it again if you may.");
    this.#size.took(durationMs, performance.now() - begin);
  }
}
