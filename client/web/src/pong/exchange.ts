// How a match of pong looks in the messages of the contract
// (client/pong/README.md). Sides that are no network are left out.
import type { MessageInitShape } from "@bufbuild/protobuf";

import {
  type Match,
  type Pair,
  POLL_MS,
  type PlayerKind,
  SIDES,
  type Side,
} from "../../../node/src/rules.ts";
import type { NetworkInit } from "../api/open_session.ts";
import type { InputSchema, RewardSchema } from "../generated/spiked/v1/data_pb.ts";
import type {
  StepRequestSchema,
  StepResponse,
} from "../generated/spiked/v1/simulation_service_pb.ts";
import { isNetwork, type Player } from "./players.ts";

const REWARD_CURRENT_MS = 32;
const INPUT_SPIKES = 20;
const INPUT_INTERVAL_MS = 10;

type StepRequestInit = MessageInitShape<typeof StepRequestSchema>;

const isDopaminergic = (kind: PlayerKind) => kind === "d" || kind === "dn";
const isNoisy = (kind: PlayerKind) => kind === "rn" || kind === "dn";

// Where networks play.
export function networkSides(match: Match<Player>): Side[] {
  return SIDES.filter((side) => isNetwork(match.kinds[side]));
}

// What makes the network of a player.
export function playerNetwork(side: Side, kind: PlayerKind, rows: number): NetworkInit {
  const name = isDopaminergic(kind) ? "pong/dopamine" : "pong/rstdp";
  const options = { num_neurons: rows, noise: isNoisy(kind) };
  return { network: side, source: { case: "preset", value: { name, options } } };
}

// When a player is shown the ball in a poll that begins at `startMs`.
export function inputStamps(kind: PlayerKind, startMs: number): number[] {
  const first = startMs + (isDopaminergic(kind) ? REWARD_CURRENT_MS : 1);
  return Array.from({ length: INPUT_SPIKES }, (_, k) => first + INPUT_INTERVAL_MS * k);
}

// What else than spike counts a poll is to read out.
export interface Wanted {
  spikes: boolean;
  weights: boolean;
}

// The one step of the next poll: the rewards of the last one, the input for the
// ball's cell, 200 ms, and the readout.
export function pollRequest(match: Match<Player>, wanted: Wanted): StepRequestInit {
  const now = match.timeMs;
  const sides = networkSides(match);
  const rewards: MessageInitShape<typeof RewardSchema>[] = [];
  const inputs: MessageInitShape<typeof InputSchema>[] = [];
  for (const side of sides) {
    const earned = match.earned?.[side];
    if (!earned) continue;
    if (!isDopaminergic(match.kinds[side] as PlayerKind)) {
      rewards.push({ target: side, value: earned.reward });
      continue;
    }
    const number = (value: number) => ({ kind: { case: "number" as const, value } });
    const parameters = {
      amplitude: number(earned.currentPa),
      start: number(now),
      stop: number(now + REWARD_CURRENT_MS),
    };
    inputs.push({
      population: `${side}/dopa_current`,
      kind: { case: "deviceParameters", value: { parameters } },
    });
  }
  for (const side of sides) {
    const timesMs = inputStamps(match.kinds[side] as PlayerKind, now);
    const senders = timesMs.map(() => match.row);
    inputs.push({
      population: `${side}/input`,
      kind: { case: "spikeTrains", value: { senders, timesMs } },
    });
  }
  const motor = sides.map((side) => `${side}/motor`);
  return {
    expectedTimeMs: now,
    rewards,
    inputs,
    durationMs: POLL_MS,
    readout: {
      spikeCounts: motor,
      spikes: wanted.spikes ? motor : [],
      weights: wanted.weights ? sides.map((side) => `${side}/input_motor`) : [],
    },
  };
}

// What the answer says of each network, by its side.
export function bySide<T>(match: Match<Player>, entries: T[]): Partial<Pair<T>> {
  return Object.fromEntries(networkSides(match).map((side, k) => [side, entries[k]!]));
}

// The spike counts of the networks in the answer.
export function motorCounts(match: Match<Player>, answer: StepResponse): Partial<Pair<number[]>> {
  return bySide(
    match,
    answer.spikeCounts.map(({ counts }) => counts.map(Number)),
  );
}

// The weights of the networks in the answer, as matrices: a row a cell of the ball,
// a column a motor neuron.
export function playerWeights(
  match: Match<Player>,
  answer: Pick<StepResponse, "weights">,
): Partial<Pair<number[][]>> {
  const matrices = answer.weights.map(({ weights, shape }) => {
    const { rows, columns } = shape!;
    return Array.from({ length: rows }, (_, row) =>
      weights.slice(row * columns, (row + 1) * columns),
    );
  });
  return bySide(match, matrices);
}
