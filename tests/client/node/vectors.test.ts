// The rules of pong against the vectors that all clients share.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { inputStamps, playerPreset, playerWeights, pollRequest } from "../src/exchange.js";
import type { StepRequest } from "../src/generated/spiked/v1/StepRequest.js";
import {
  bareReward,
  Match,
  type Pair,
  type PlayerKind,
  rewardCurrentPa,
  RewardHistory,
  SIDES,
  SplitMix64,
  winnerOf,
} from "../src/rules.js";
import { simulation, struct } from "../src/spiked.js";

const vectors = JSON.parse(
  readFileSync(new URL("../../../pong/vectors.json", import.meta.url), "utf8"),
);

const pair = <T>([left, right]: [T, T]): Pair<T> => ({ left, right });

test("numbers are written as the vectors say", () => {
  for (const text of vectors.numbers) assert.equal(JSON.stringify(JSON.parse(text)), text);
});

test("random numbers follow from the seed", () => {
  for (const { seed, next, uniform } of vectors.random) {
    const bits = new SplitMix64(BigInt(seed));
    for (const expected of next) assert.equal(String(bits.next()), expected);
    const numbers = new SplitMix64(BigInt(seed));
    for (const expected of uniform) assert.equal(numbers.uniform(), expected);
  }
});

test("a number is drawn for a winner only if there is a tie", () => {
  const { seed, draws, then } = vectors.winners;
  const random = new SplitMix64(BigInt(seed));
  for (const { counts, winner } of draws) assert.equal(winnerOf(counts, random), winner);
  assert.equal(String(random.next()), then);
});

test("rewards are relative to what was expected", () => {
  const history = new RewardHistory(vectors.rewards.rows);
  for (const poll of vectors.rewards.polls) {
    const bare = bareReward(Math.abs(poll.winner - poll.row));
    assert.equal(bare, poll.bare_reward);
    assert.equal(history.add(poll.row, bare), poll.reward);
    assert.equal(history.meanReward(), poll.mean_reward);
  }
  for (const { counts, row, current_pa } of vectors.reward_currents) {
    assert.equal(rewardCurrentPa(counts, row), current_pa);
  }
});

test("players are shown the ball in time", () => {
  for (const { player, start_ms, times_ms } of vectors.input_stamps) {
    assert.deepEqual(inputStamps(player, start_ms), times_ms);
  }
});

test("games go as the vectors say", () => {
  for (const { rows, seed, start, polls } of vectors.games) {
    const match = new Match({ left: "r", right: "r" }, rows, BigInt(seed));
    const check = ({ ball, paddles, score }: typeof start) => {
      assert.deepEqual(Object.values(match.ball), ball);
      assert.deepEqual(match.paddles, pair(paddles));
      assert.deepEqual(match.score, pair(score));
    };
    const only = (winner: number) =>
      Array.from({ length: rows }, (_, row) => (row === winner ? 1 : 0));
    check(start);
    for (const poll of polls) {
      match.play({ left: only(poll.winners[0]), right: only(poll.winners[1]) });
      check(poll);
    }
  }
});

// From the JSON of the vectors, with names as in the .proto files.
function requestOf(json: object): StepRequest {
  const text = JSON.stringify(json).replace(/"([a-z]+(?:_[a-z]+)+)":/g, (_, name: string) => {
    return `"${name.replace(/_(.)/g, (__, letter: string) => letter.toUpperCase())}":`;
  });
  return JSON.parse(text);
}

// What arrives of a request.
function sent(request: StepRequest): object {
  return simulation.Step.requestDeserialize(simulation.Step.requestSerialize(request));
}

test("matches exchange and record what the vectors say", () => {
  for (const { players, rows, seed, presets, polls } of vectors.matches) {
    const kinds = pair<PlayerKind>(players);
    const match = new Match(kinds, rows, BigInt(seed));
    for (const [k, side] of SIDES.entries()) {
      const { name, options } = presets[k];
      assert.deepEqual(playerPreset(kinds[side], rows), {
        name,
        options: struct({ num_neurons: options.num_neurons, noise: options.noise }),
      });
    }
    for (const { request, counts, weights, record } of polls) {
      assert.deepEqual(sent(pollRequest(match, weights !== undefined)), sent(requestOf(request)));
      const poll = match.play(pair(counts));
      if (weights) {
        const shape = { rows, columns: rows };
        const answer = { weights: weights.map((w: number[]) => ({ shape, weights: w })) };
        poll.weights = playerWeights(answer as never);
      }
      assert.equal(JSON.stringify(poll), record);
    }
  }
});
