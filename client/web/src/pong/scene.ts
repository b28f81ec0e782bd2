// What is seen of a match, live or from a record.
import { type Pair, type Poll, POLL_MS, SIDES, type Side } from "../../../node/src/rules.ts";
import { Curves } from "../plots/curves.ts";
import { HeatMap } from "../plots/heat_map.ts";
import { flat } from "../plots/matrix.ts";
import { Raster } from "../plots/raster.ts";
import { Series } from "../plots/series.ts";
import type { Spikes } from "../generated/spiked/v1/data_pb.ts";
import { Store } from "../store.ts";
import type { Played } from "./driver.ts";
import { Field } from "./field.ts";

export interface Standing {
  polls: number;
  timeMs: number;
  score: [number, number];
  // After the last poll.
  meanReward: Pair<number>;
  // Polls in each second of real time.
  rate: number;
}

const RASTER_MS = 3000;
const STANDING_EVERY_MS = 200;

export class Scene {
  readonly field = new Field();
  readonly rewards = new Curves({ x: "poll", y: "mean reward" }, [0, 1]);
  readonly rasters: Pair<Raster> = both(() => new Raster(RASTER_MS));
  readonly weights: Pair<HeatMap> = both(
    () => new HeatMap({ x: "motor neuron", y: "cell of the ball", unit: "pA" }),
  );
  readonly standing = new Store<Standing>({
    polls: 0,
    timeMs: 0,
    score: [0, 0],
    meanReward: { left: 0, right: 0 },
    rate: 0,
  });

  readonly #names: Pair<string>;
  readonly #means: Pair<Series> = both(() => new Series());
  // The standing is told now and then.
  #latest: Poll | undefined;
  #telling: ReturnType<typeof setTimeout> | undefined;
  #toldMs = 0;
  #toldPolls = 0;
  #lastMs = 0;

  constructor(names: Pair<string>, rows: number) {
    this.#names = names;
    for (const side of SIDES) this.rasters[side].setBands([{ name: "", rows, colour: side }]);
  }

  show({ poll, spikes, weights }: Played): void {
    const now = performance.now();
    this.field.show(poll, now - this.#lastMs);
    this.#lastMs = now;
    for (const side of SIDES) {
      this.#addToRaster(side, poll, spikes[side]);
      this.#addToMean(side, poll);
      const matrix = weights?.[side];
      if (matrix) this.weights[side].show(flat(matrix));
    }
    this.#showRewards();
    this.#latest = poll;
    const scored = poll.score.join() !== this.standing.value.score.join();
    const dueMs = scored ? 0 : this.#toldMs + STANDING_EVERY_MS - now;
    if (dueMs <= 0) this.#tell();
    else this.#telling ??= setTimeout(() => this.#tell(), dueMs);
  }

  // Begins again where these polls, at least one, have been played.
  restart(polls: readonly Poll[]): void {
    const latest = polls.at(-1)!;
    const { weights } = polls.findLast((poll) => poll.weights) ?? {};
    this.field.show(latest, 0);
    for (const side of SIDES) {
      this.rasters[side].clear();
      for (const poll of polls.slice(-RASTER_MS / POLL_MS)) this.#addToRaster(side, poll);
      this.#means[side] = new Series();
      for (const poll of polls) this.#addToMean(side, poll);
      if (weights) this.weights[side].show(flat(weights[side]));
      else this.weights[side].clear();
    }
    this.#showRewards();
    this.#latest = latest;
    this.#toldMs = 0;
    this.#tell();
  }

  #addToRaster(side: Side, poll: Poll, spikes?: Pick<Spikes, "senders" | "timesMs">): void {
    const raster = this.rasters[side];
    const begin = poll.time_ms - POLL_MS;
    raster.mark(begin, poll.time_ms, poll.ball.cell[1]);
    const { senders, timesMs } = spikes ?? spread(poll[side].counts, begin);
    raster.add(0, senders, timesMs);
    raster.advance(poll.time_ms);
  }

  #addToMean(side: Side, poll: Poll): void {
    this.#means[side].add(poll.poll + 1, poll[side].mean_reward);
  }

  #showRewards(): void {
    this.rewards.show(
      SIDES.map((side) => ({
        name: this.#names[side],
        colour: side,
        points: this.#means[side].points,
      })),
    );
  }

  #tell(): void {
    clearTimeout(this.#telling);
    this.#telling = undefined;
    const now = performance.now();
    const poll = this.#latest!;
    const polls = poll.poll + 1;
    this.standing.set({
      polls,
      timeMs: poll.time_ms,
      score: poll.score,
      meanReward: { left: poll.left.mean_reward, right: poll.right.mean_reward },
      rate: this.#toldMs > 0 ? (1000 * (polls - this.#toldPolls)) / (now - this.#toldMs) : 0,
    });
    this.#toldMs = now;
    this.#toldPolls = polls;
  }
}

const both = <T>(make: (side: Side) => T): Pair<T> => ({
  left: make("left"),
  right: make("right"),
});

// Spikes of which only the counts are known, at equal distances in their poll.
export function spread(counts: readonly number[], beginMs: number) {
  const senders: number[] = [];
  const timesMs: number[] = [];
  for (const [neuron, count] of counts.entries()) {
    for (let k = 0; k < count; ++k) {
      senders.push(neuron);
      timesMs.push(beginMs + ((k + 0.5) / count) * POLL_MS);
    }
  }
  return { senders, timesMs };
}
