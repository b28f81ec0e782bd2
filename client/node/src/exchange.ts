// How a match of pong looks in the messages of the contract.
import { status } from "@grpc/grpc-js";

import { SpikedError } from "./error.js";
import type { Input } from "./generated/spiked/v1/Input.js";
import type { PresetChoice } from "./generated/spiked/v1/PresetChoice.js";
import type { Reward } from "./generated/spiked/v1/Reward.js";
import type { StepRequest } from "./generated/spiked/v1/StepRequest.js";
import type { StepResponse__Output } from "./generated/spiked/v1/StepResponse.js";
import { type Match, type Pair, type PlayerKind, POLL_MS, SIDES } from "./rules.js";
import { struct } from "./spiked.js";

const REWARD_CURRENT_MS = 32;
const INPUT_SPIKES = 20;
const INPUT_INTERVAL_MS = 10;

const isDopaminergic = (kind: PlayerKind) => kind === "d" || kind === "dn";
const isNoisy = (kind: PlayerKind) => kind === "rn" || kind === "dn";

// The network of a player.
export function playerPreset(kind: PlayerKind, rows: number): PresetChoice {
  return {
    name: isDopaminergic(kind) ? "pong/dopamine" : "pong/rstdp",
    options: struct({ num_neurons: rows, noise: isNoisy(kind) }),
  };
}

// When a player is shown the ball in a poll that begins at `startMs`. The late
// stamps fall into the next poll, where new input replaces them.
export function inputStamps(kind: PlayerKind, startMs: number): number[] {
  const first = startMs + (isDopaminergic(kind) ? REWARD_CURRENT_MS : 1);
  return Array.from({ length: INPUT_SPIKES }, (_, k) => first + INPUT_INTERVAL_MS * k);
}

// The one step of the next poll: the rewards of the last one, the input for the
// ball's cell, 200 ms, and the motor neurons' spike counts.
export function pollRequest(match: Match, readWeights: boolean): StepRequest {
  const now = match.timeMs;
  const rewards: Reward[] = [];
  const inputs: Input[] = [];
  for (const side of match.earned ? SIDES : []) {
    const { reward, currentPa } = match.earned![side];
    if (isDopaminergic(match.kinds[side])) {
      const parameters = {
        amplitude: { number: currentPa },
        start: { number: now },
        stop: { number: now + REWARD_CURRENT_MS },
      };
      inputs.push({ population: `${side}/dopa_current`, deviceParameters: { parameters } });
    } else {
      rewards.push({ target: side, value: reward });
    }
  }
  for (const side of SIDES) {
    const timesMs = inputStamps(match.kinds[side], now);
    const senders = timesMs.map(() => match.row);
    inputs.push({ population: `${side}/input`, spikeTrains: { senders, timesMs } });
  }
  return {
    expectedTimeMs: now,
    rewards,
    inputs,
    durationMs: POLL_MS,
    readout: {
      spikeCounts: SIDES.map((side) => `${side}/motor`),
      weights: readWeights ? SIDES.map((side) => `${side}/input_motor`) : [],
    },
  };
}

// The spike counts of both players in the answer. Fails if somebody halted the
// step.
export function motorCounts(answer: StepResponse__Output): Pair<number[]> {
  if (answer.halted) {
    const text = `the step was halted at ${answer.timeMs} ms: ${answer.haltReason}`;
    throw new SpikedError(status.ABORTED, text);
  }
  const [left, right] = answer.spikeCounts.map(({ counts }) => counts.map(Number));
  return { left: left!, right: right! };
}

// The weights of both players in the answer, as matrices.
export function playerWeights(answer: StepResponse__Output): Pair<number[][]> {
  const [left, right] = answer.weights.map(({ weights, shape }) => {
    const { rows, columns } = shape!;
    return Array.from({ length: rows }, (_, row) =>
      weights.slice(row * columns, (row + 1) * columns),
    );
  });
  return { left: left!, right: right! };
}
