// Rules and messages against the vectors that all clients share.
import { readFileSync } from "node:fs";

import { create, fromJson, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

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
} from "../../../node/src/rules.ts";
import {
  CreateNetworkRequestSchema,
  StepRequestSchema,
} from "../generated/spiked/v1/simulation_service_pb.ts";
import { inputStamps, playerNetwork, playerWeights, pollRequest } from "./exchange.ts";
import type { Player } from "./players.ts";
import { parseRecord, recordLine } from "./record.ts";

const vectors = JSON.parse(
  readFileSync(new URL("../../../pong/vectors.json", import.meta.url), "utf8"),
);

const pair = <T>([left, right]: [T, T]): Pair<T> => ({ left, right });

test("numbers are written as the vectors say", () => {
  for (const text of vectors.numbers) expect(JSON.stringify(JSON.parse(text))).toBe(text);
});

test("random numbers follow from the seed", () => {
  for (const { seed, next, uniform } of vectors.random) {
    const bits = new SplitMix64(BigInt(seed));
    for (const expected of next) expect(String(bits.next())).toBe(expected);
    const numbers = new SplitMix64(BigInt(seed));
    for (const expected of uniform) expect(numbers.uniform()).toBe(expected);
  }
});

test("a number is drawn for a winner only if there is a tie", () => {
  const { seed, draws, then } = vectors.winners;
  const random = new SplitMix64(BigInt(seed));
  for (const { counts, winner } of draws) expect(winnerOf(counts, random)).toBe(winner);
  expect(String(random.next())).toBe(then);
});

test("rewards are relative to what was expected", () => {
  const history = new RewardHistory(vectors.rewards.rows);
  for (const poll of vectors.rewards.polls) {
    const bare = bareReward(Math.abs(poll.winner - poll.row));
    expect(bare).toBe(poll.bare_reward);
    expect(history.add(poll.row, bare)).toBe(poll.reward);
    expect(history.meanReward()).toBe(poll.mean_reward);
  }
  for (const { counts, row, current_pa } of vectors.reward_currents) {
    expect(rewardCurrentPa(counts, row)).toBe(current_pa);
  }
});

test("players are shown the ball in time", () => {
  for (const { player, start_ms, times_ms } of vectors.input_stamps) {
    expect(inputStamps(player, start_ms)).toEqual(times_ms);
  }
});

test("games go as the vectors say", () => {
  for (const { rows, seed, start, polls } of vectors.games) {
    const match = new Match<Player>({ left: "r", right: "r" }, rows, BigInt(seed));
    const check = ({ ball, paddles, score }: typeof start) => {
      expect(Object.values(match.ball)).toEqual(ball);
      expect(match.paddles).toEqual(pair(paddles));
      expect(match.score).toEqual(pair(score));
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

test("matches exchange and record what the vectors say", () => {
  for (const { players, rows, seed, presets, polls } of vectors.matches) {
    const kinds = pair<PlayerKind>(players);
    const match = new Match<Player>(kinds, rows, BigInt(seed));
    for (const [k, side] of SIDES.entries()) {
      const sent = create(CreateNetworkRequestSchema, playerNetwork(side, kinds[side], rows));
      const expected = fromJson(CreateNetworkRequestSchema, { network: side, preset: presets[k] });
      expect(sent).toEqual(expected);
    }
    const lines: string[] = [];
    for (const { request, counts, weights, record } of polls) {
      const wanted = { spikes: false, weights: weights !== undefined };
      const sent = create(StepRequestSchema, pollRequest(match, wanted));
      // Read back: reading leaves out what is empty, as sending does.
      const bytes = toBinary(StepRequestSchema, sent);
      expect(bytes).toEqual(toBinary(StepRequestSchema, fromJson(StepRequestSchema, request)));
      const poll = match.play(pair(counts));
      if (weights) {
        const shape = { rows, columns: rows };
        const answer = { weights: weights.map((w: number[]) => ({ shape, weights: w })) };
        poll.weights = playerWeights(match, answer as never) as Pair<number[][]>;
      }
      lines.push(recordLine(poll));
      expect(recordLine(poll)).toBe(record);
    }
    const read = parseRecord(lines.join("\n") + "\n");
    expect(read.polls.map(recordLine)).toEqual(lines);
    expect(read.rows).toBe(rows);
  }
});
