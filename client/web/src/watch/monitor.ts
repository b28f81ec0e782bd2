// What is seen of a session: frames turned into plots.
import type { MessageInitShape } from "@bufbuild/protobuf";

import type { ReadoutSchema, Signals } from "../generated/spiked/v1/data_pb.ts";
import type {
  WatchedPopulation,
  WatchSessionResponse,
} from "../generated/spiked/v1/simulation_service_pb.ts";
import { Curves } from "../plots/curves.ts";
import { Raster } from "../plots/raster.ts";
import { Series } from "../plots/series.ts";
import { Store } from "../store.ts";
import { Rates } from "./rates.ts";
import { keyOf, type Traced } from "./traces.ts";

export interface Status {
  timeMs: number;
  speed: number;
  // Frames that have come in the last second.
  frameRate: number;
  // Frames that the page was too slow for.
  lost: number;
  // Hz, of each population that is shown.
  rates: number[];
}

// Neurons whose signals are drawn.
const MOST_NEURONS = 5;
// Text is read no faster.
const STATUS_EVERY_MS = 250;
// Bins of rates in the window.
const RATE_BINS = 60;

export class Monitor {
  readonly raster = new Raster(1000);
  readonly rates = new Curves({ x: "ms", y: "Hz" });
  readonly signals = new Curves({ x: "ms", y: "" });
  // What is drawn as signals, if they are asked for.
  traced: Traced | undefined;
  readonly status = new Store<Status>({ timeMs: 0, speed: 0, frameRate: 0, lost: 0, rates: [] });
  // All populations of the session, as the server last told them.
  readonly populations = new Store<WatchedPopulation[]>([]);

  #shown: WatchedPopulation[] = [];
  #rates: Rates[] = [];
  #traces: Series[] = [];
  #drawn = "";
  // The frames of the last second: when each came, and its time.
  #frames: { atMs: number; timeMs: number }[] = [];
  #resting: ReturnType<typeof setTimeout> | undefined;
  #lost = 0;
  #toldMs = 0;
  #timeMs = 0;

  set windowMs(windowMs: number) {
    this.raster.windowMs = windowMs;
    this.#begin();
  }

  // Takes the frames of a watch that asks for this.
  frame(frame: WatchSessionResponse, readout: MessageInitShape<typeof ReadoutSchema>): void {
    if (frame.populations.length > 0) {
      if (readout.spikes?.[0] === "*") this.populations.set(frame.populations);
      this.#show(frame.populations.filter(({ recorded }) => recorded));
    }
    if (readout.spikes?.length === 0) this.#show([]);
    if (frame.timeMs < this.#timeMs) this.#begin();
    this.#timeMs = frame.timeMs;
    this.#takeSpikes(frame);
    const [signals] = frame.signals;
    if (signals) this.#takeSignals(signals);
    this.#tell(frame);
  }

  #show(populations: WatchedPopulation[]): void {
    const same = (one: WatchedPopulation, k: number) => {
      const before = this.#shown[k];
      return before?.population === one.population && before.size === one.size;
    };
    if (populations.length === this.#shown.length && populations.every(same)) return;
    this.#shown = populations;
    this.raster.setBands(
      populations.map(({ population, size }, k) => ({ name: population, rows: size, colour: k })),
    );
    this.#begin();
  }

  // Forgets what has been drawn.
  #begin(): void {
    const binMs = this.raster.windowMs / RATE_BINS;
    this.#rates = this.#shown.map(({ size }) => new Rates(size, binMs));
    this.#traces = [];
    this.#drawn = "";
    this.raster.clear();
  }

  #takeSpikes({ beginTimeMs, timeMs, spikes }: WatchSessionResponse): void {
    for (const { population, senders, timesMs } of spikes) {
      const k = this.#shown.findIndex((one) => one.population === population);
      if (k < 0) continue;
      this.#rates[k]!.add(timesMs.length, beginTimeMs, timeMs);
      this.raster.add(k, senders, timesMs);
    }
    this.raster.advance(timeMs);
    this.rates.show(
      this.#shown.map(({ population }, k) => ({
        name: population,
        colour: k,
        points: this.#rates[k]!.points,
      })),
    );
  }

  #takeSignals({ multimeter, timesMs, neurons, signals }: Signals): void {
    const { traced } = this;
    const signal = signals.find(({ variable }) => variable === traced?.variable);
    if (!signal || !traced || multimeter !== traced.multimeter) return;
    const count = Math.min(neurons, MOST_NEURONS);
    if (keyOf(traced) !== this.#drawn || this.#traces.length !== count) {
      this.#drawn = keyOf(traced);
      this.#traces = Array.from({ length: count }, () => new Series(4000));
    }
    for (const [k, series] of this.#traces.entries()) {
      for (const [at, time] of timesMs.entries())
        series.add(time, signal.values[at * neurons + k]!);
      series.forget(this.#timeMs - this.raster.windowMs);
    }
    this.signals.show(
      this.#traces.map((series, k) => ({
        name: `#${traced.neuronAt(k)}`,
        colour: k,
        points: series.points,
      })),
      traced.text,
    );
  }

  #tell({ timeMs, lostFrames }: WatchSessionResponse): void {
    const now = performance.now();
    this.#frames = this.#frames.filter(({ atMs }) => now - atMs < 1000);
    this.#frames.push({ atMs: now, timeMs });
    this.#lost += Number(lostFrames);
    // When nothing happens nothing comes.
    clearTimeout(this.#resting);
    this.#resting = setTimeout(() => this.#rest(), 1200);
    if (now - this.#toldMs < STATUS_EVERY_MS) return;
    this.#toldMs = now;
    const first = this.#frames[0]!;
    this.status.set({
      timeMs,
      // Between the steps of a loop a session is at rest for moments: over a second is
      // what people mean.
      speed: now > first.atMs ? (timeMs - first.timeMs) / (now - first.atMs) : 0,
      frameRate: this.#frames.length,
      lost: this.#lost,
      rates: this.#rates.map((rates) => rates.last),
    });
  }

  #rest(): void {
    this.#frames = [];
    this.status.set({ ...this.status.value, timeMs: this.#timeMs, speed: 0, frameRate: 0 });
  }
}
