import { expect, test } from "vitest";

import { Match } from "../../../node/src/rules.ts";
import { networkSides, pollRequest } from "./exchange.ts";
import { onlySpike, type Player } from "./players.ts";

test("who is no network has one spike, in the cell where they want to go", () => {
  expect(onlySpike(1, 3)).toEqual([0, 1, 0]);
  expect(onlySpike(9, 3)).toEqual([0, 0, 1]);
  expect(onlySpike(-1, 3)).toEqual([1, 0, 0]);
});

test("against you one network is simulated, by the same rules", () => {
  const match = new Match<Player>({ left: "you", right: "r" }, 3, 1n);
  expect(networkSides(match)).toEqual(["right"]);
  const first = pollRequest(match, { spikes: true, weights: true });
  expect(first.readout).toEqual({
    spikeCounts: ["right/motor"],
    spikes: ["right/motor"],
    weights: ["right/input_motor"],
  });
  const { left } = match.play({ left: onlySpike(2, 3), right: onlySpike(0, 3) });
  expect(left.winner).toBe(2);
  // From the middle cell towards the upper one, no faster than a network.
  expect(match.paddles.left).toBeCloseTo(0.55);
  const second = pollRequest(match, { spikes: false, weights: false });
  expect(second.rewards?.map(({ target }) => target)).toEqual(["right"]);
});
