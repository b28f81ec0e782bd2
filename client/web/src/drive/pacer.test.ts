import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Pacer } from "./pacer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

// Counts the turns that `pacer` gives, until it waits for good.
function taking(pacer: Pacer, signal: AbortSignal, durationMs: number): () => number {
  let turns = 0;
  void (async () => {
    for (;;) {
      await pacer.turn(durationMs);
      if (signal.aborted) return;
      ++turns;
    }
  })();
  return () => turns;
}

test("steps come at the speed that was asked for", async () => {
  const stop = new AbortController();
  const turns = taking(new Pacer(10, stop.signal), stop.signal, 200);
  await vi.advanceTimersByTimeAsync(1000);
  // A step each 20 ms.
  expect(turns()).toBeGreaterThanOrEqual(49);
  expect(turns()).toBeLessThanOrEqual(52);
  stop.abort();
});

test("a speed that changes holds at once", async () => {
  const stop = new AbortController();
  const pacer = new Pacer(0.001, stop.signal);
  const turns = taking(pacer, stop.signal, 200);
  await vi.advanceTimersByTimeAsync(1000);
  expect(turns()).toBe(1);
  pacer.speed = 10;
  await vi.advanceTimersByTimeAsync(1000);
  expect(turns()).toBeGreaterThan(40);
  stop.abort();
});

test("while paused there is a turn for each step that is asked for", async () => {
  const stop = new AbortController();
  const pacer = new Pacer(10, stop.signal);
  pacer.pause();
  const turns = taking(pacer, stop.signal, 200);
  await vi.advanceTimersByTimeAsync(1000);
  expect(turns()).toBe(0);
  pacer.step();
  pacer.step();
  await vi.advanceTimersByTimeAsync(1000);
  expect(turns()).toBe(2);
  pacer.resume();
  await vi.advanceTimersByTimeAsync(1000);
  expect(turns()).toBeGreaterThan(40);
  stop.abort();
});

test("whoever ends it waits no more", async () => {
  const stop = new AbortController();
  const pacer = new Pacer(0.001, stop.signal);
  pacer.pause();
  const turn = pacer.turn(200);
  stop.abort();
  await turn;
});
