// Lets time pass in a session, step after step, at a speed that is asked for.
import { explain, type Problem } from "../api/errors.ts";
import { LastingStream } from "../api/lasting_stream.ts";
import { Store } from "../store.ts";
import { Pacer } from "./pacer.ts";

export type StepperState =
  { kind: "running" | "paused" | "waiting" } | { kind: "over"; problem?: Problem };

// Real time that a step is to take: short enough to be paused at once, long enough
// that asking costs nothing.
const STEP_MS = 40;
// Where there is no speed to go by.
const FIRST_STEP_MS = 10;
const LONGEST_STEP_MS = 60_000;

export class Stepper {
  readonly state = new Store<StepperState>({ kind: "running" });
  readonly #stop = new AbortController();
  readonly #pacer: Pacer;
  readonly #stream: LastingStream;
  readonly #resolutionMs: number;
  // Biological time that a step of STEP_MS takes at full speed, as measured.
  #fullMs = FIRST_STEP_MS;

  constructor(session: string, resolutionMs: number, speed: number) {
    this.#resolutionMs = resolutionMs;
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
      while (!signal.aborted) {
        const durationMs = this.#nextMs();
        await this.#pacer.turn(durationMs);
        if (signal.aborted) return;
        const begin = performance.now();
        const { halted } = await this.#stream.step({ durationMs });
        if (halted) throw new Error("Somebody halted the session. Run it again if you may.");
        const tookMs = Math.max(performance.now() - begin, 1);
        this.#fullMs = Math.min(
          Math.max((durationMs * STEP_MS) / tookMs, this.#resolutionMs),
          2 * this.#fullMs,
        );
      }
    } catch (error) {
      if (!signal.aborted) this.state.set({ kind: "over", problem: explain(error) });
      this.#stop.abort();
    }
  }

  // On the grid of the resolution.
  #nextMs(): number {
    const wanted = Math.min(this.#pacer.speed * STEP_MS, this.#fullMs, LONGEST_STEP_MS);
    return Math.max(Math.round(wanted / this.#resolutionMs), 1) * this.#resolutionMs;
  }
}
