import { expect, test } from "vitest";

import { parseRecord } from "./record.ts";

const player = { paddle: 0.5, cell: 1, counts: [0, 1], winner: 1, reward: 1, mean_reward: 0.5 };
const poll = {
  poll: 0,
  time_ms: 200,
  ball: { x: 0.8, y: 0.5, cell: [16, 1] },
  score: [0, 0],
  left: player,
  right: player,
};

test("an empty file is told as such", () => {
  expect(() => parseRecord("\n")).toThrow("empty");
});

test("what is no JSON is told with its line", () => {
  expect(() => parseRecord(JSON.stringify(poll) + "\n{")).toThrow("Line 2 is no JSON");
});

test("a member that is missing is told with its path", () => {
  const cut = { ...poll, right: { ...player, counts: undefined } };
  expect(() => parseRecord(JSON.stringify(cut))).toThrow("right.counts is missing");
  expect(() => parseRecord("null")).toThrow("poll is missing");
  expect(() => parseRecord(JSON.stringify({ ...poll, score: [1] }))).toThrow("score is missing");
});

test("what would keep the page busy for long is refused", () => {
  for (const counts of [
    [0, 1e9],
    [0, -1],
    [0, 0.5],
  ]) {
    const odd = { ...poll, left: { ...player, counts } };
    expect(() => parseRecord(JSON.stringify(odd))).toThrow("left.counts");
  }
});

test("weights are matrices, where there are any", () => {
  const matrix = [
    [1, 2],
    [3, 4],
  ];
  const good = { ...poll, weights: { left: matrix, right: matrix } };
  expect(parseRecord(JSON.stringify(good)).polls[0]).toEqual(good);
  for (const weights of [null, {}, { left: matrix }, { left: matrix, right: [[1], [2, 3]] }]) {
    expect(() => parseRecord(JSON.stringify({ ...poll, weights }))).toThrow("weights is missing");
  }
});

test("all polls have as many neurons", () => {
  const other = { ...poll, left: { ...player, counts: [1, 2, 3] } };
  const text = [poll, other].map((line) => JSON.stringify(line)).join("\n");
  expect(() => parseRecord(text)).toThrow("Poll 1");
});
