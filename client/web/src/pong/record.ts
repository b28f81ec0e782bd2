// The record of a match, a line of JSON a poll (client/pong/README.md).
import type { Poll } from "../../../node/src/rules.ts";

export interface MatchRecord {
  polls: Poll[];
  // Cells along y.
  rows: number;
}

export const recordLine = (poll: Poll): string => JSON.stringify(poll);

// Reads a record. Throws an Error that says which line is none of it, and why.
export function parseRecord(text: string): MatchRecord {
  const polls = text
    .split("\n")
    .map((line, k) => [line, k + 1] as const)
    .filter(([line]) => line.trim() !== "")
    .map(([line, number]) => parsePoll(line, number));
  if (polls.length === 0) throw new Error("The file is empty: no poll is in it.");
  const rows = polls[0]!.left.counts.length;
  for (const [k, { left, right }] of polls.entries()) {
    if (left.counts.length !== rows || right.counts.length !== rows) {
      throw new Error(`Poll ${k} counts other neurons than the first one: ${rows} a player.`);
    }
  }
  return { polls, rows };
}

function parsePoll(line: string, number: number): Poll {
  let poll: unknown;
  try {
    poll = JSON.parse(line);
  } catch {
    throw new Error(`Line ${number} is no JSON. A record is what spiked-pong --record writes.`);
  }
  const missing = missingOf(poll) ?? (hasGoodWeights(poll as Poll) ? undefined : "weights");
  if (missing) {
    throw new Error(
      `Line ${number} is no poll of pong: ${missing} is missing. A record is what spiked-pong --record writes.`,
    );
  }
  return poll as Poll;
}

// A neuron spikes no more often in a poll, at a resolution of 0.1 ms.
const MOST_SPIKES = 2000;

type Shape = { [name: string]: "number" | "counts" | "pair" | Shape };

const PLAYER: Shape = {
  paddle: "number",
  cell: "number",
  counts: "counts",
  winner: "number",
  reward: "number",
  mean_reward: "number",
};
const POLL: Shape = {
  poll: "number",
  time_ms: "number",
  ball: { x: "number", y: "number", cell: "pair" },
  score: "pair",
  left: PLAYER,
  right: PLAYER,
};

// The first member of a poll that is not there, or not what it should be.
function missingOf(value: unknown, shape: Shape = POLL, path = ""): string | undefined {
  for (const [name, wanted] of Object.entries(shape)) {
    const member = (value as Record<string, unknown> | null)?.[name];
    const where = path + name;
    if (typeof wanted === "object") {
      const missing = missingOf(member, wanted, `${where}.`);
      if (missing) return missing;
    } else if (!IS[wanted](member)) {
      return where;
    }
  }
  return undefined;
}

const isList = (value: unknown, isOne: (one: unknown) => boolean): value is unknown[] =>
  Array.isArray(value) && value.length > 0 && value.every(isOne);
const isCount = (value: unknown) =>
  Number.isInteger(value) && 0 <= (value as number) && (value as number) <= MOST_SPIKES;
const isMatrix = (value: unknown) =>
  isList(
    value,
    (row) => isList(row, Number.isFinite) && row.length === (value as unknown[][])[0]!.length,
  );

const IS = {
  number: Number.isFinite,
  counts: (value: unknown) => isList(value, isCount),
  pair: (value: unknown) => isList(value, Number.isFinite) && value.length === 2,
};

// Not every poll has weights.
function hasGoodWeights({ weights }: { weights?: unknown }): boolean {
  if (weights === undefined) return true;
  const { left, right } = (weights ?? {}) as { left?: unknown; right?: unknown };
  return isMatrix(left) && isMatrix(right);
}
