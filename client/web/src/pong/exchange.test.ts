// Messages and records against the vectors that all clients share. (Those for the rules
// are tested where these are, in client/node.)
import { readFileSync } from "node:fs";

import { create, fromJson, toBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

import { Match, type Pair, type PlayerKind, SIDES } from "../../../node/src/rules.ts";
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

test("players are shown the ball in time", () => {
  for (const { player, start_ms, times_ms } of vectors.input_stamps) {
    expect(inputStamps(player, start_ms)).toEqual(times_ms);
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
