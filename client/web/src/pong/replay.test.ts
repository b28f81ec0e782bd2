import { expect, test } from "vitest";

import type { Poll } from "../../../node/src/rules.ts";
import { Replay } from "./replay.ts";

// Polls of which nothing but their number is looked at.
const polls = Array.from({ length: 120 }, (_, poll) => ({ poll }) as Poll);

function replayed(speed = Infinity) {
  const seen: number[] = [];
  const replay = new Replay({ polls, rows: 2 }, speed, {
    show: ({ poll }) => seen.push(poll.poll),
    restart: (past) => seen.push(-past.length),
  });
  return { replay, seen };
}

const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k);

test("all polls are shown, in order", async () => {
  const { replay, seen } = replayed();
  await replay.run();
  expect(seen).toEqual(numbers(0, 120));
  expect(replay.state.value.kind).toBe("over");
});

test("whoever goes somewhere sees what follows", async () => {
  const { replay, seen } = replayed();
  const running = replay.run();
  replay.pause();
  replay.seek(100);
  replay.resume();
  await running;
  expect(seen.slice(seen.indexOf(-100))).toEqual([-100, ...numbers(100, 120)]);
  expect(replay.played).toBe(120);
});

test("from the end one goes back, and it is over once more", async () => {
  const { replay, seen } = replayed();
  await replay.run();
  seen.length = 0;
  replay.seek(118);
  expect(replay.state.value.kind).toBe("playing");
  await expect.poll(() => replay.state.value.kind).toBe("over");
  expect(seen).toEqual([-118, 118, 119]);
});

test("to the end one goes while it is paused", async () => {
  const { replay, seen } = replayed();
  replay.pause();
  const running = replay.run();
  replay.seek(120);
  replay.resume();
  await running;
  expect(seen).toEqual([-120]);
  expect(replay.state.value.kind).toBe("over");
});

test("one that is left shows nothing more", async () => {
  const { replay, seen } = replayed(1);
  const running = replay.run();
  replay.leave();
  await running;
  expect(seen.length).toBeLessThan(3);
});
