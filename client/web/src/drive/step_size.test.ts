import { expect, test } from "vitest";

import { StepSize } from "./step_size.ts";

// The steps that are asked for of a server of such a speed, by a page of such a latency.
function asked(speed: number, latencyMs: number, wanted = Infinity): number[] {
  const size = new StepSize(0.1);
  return Array.from({ length: 100 }, (_, k) => {
    if (k % 10 === 0) size.took(0, latencyMs);
    const durationMs = size.next(wanted);
    size.took(durationMs, latencyMs + durationMs / speed);
    return durationMs;
  });
}

test("at full speed a step takes the server 40 ms", () => {
  for (const speed of [0.01, 1, 50, 1000]) {
    expect(asked(speed, 1).at(-1)! / speed).toBeCloseTo(40, -1);
  }
});

test("a slow page asks for longer steps, not for shorter ones", () => {
  expect(asked(5, 50).at(-1)! / 5).toBeCloseTo(100, -1);
  // But not so long that they could not be paused.
  expect(asked(5, 1000).at(-1)! / 5).toBeCloseTo(200, -1);
});

test("latency that changes does not make steps vanish", () => {
  const size = new StepSize(0.1);
  const latencies = [400, 20, 20, 150, 600, 20, 60];
  for (let k = 0; k < 500; ++k) {
    if (k % 10 === 0) size.took(0, latencies[(k / 10) % 7]!);
    const durationMs = size.next(Infinity);
    if (k > 50) expect(durationMs / 5).toBeGreaterThan(20);
    size.took(durationMs, latencies[k % 7]! + durationMs / 5);
  }
});

test("a server that is very slow is asked for little at once", () => {
  const size = new StepSize(0.1);
  size.took(0, 10);
  // A second for each millisecond.
  size.took(size.next(Infinity), 10_000);
  expect(size.next(Infinity)).toBe(0.1);
});

test("slower than full speed, steps are as long as their time on the screen", () => {
  expect(asked(50, 1, 1).at(-1)).toBe(40);
  expect(asked(50, 60, 0.5).at(-1)).toBe(60);
});

test("steps lie on the grid of the resolution, and last", () => {
  const size = new StepSize(0.5);
  for (let k = 0; k < 60; ++k) size.took(size.next(Infinity), 1e6);
  expect(size.next(Infinity)).toBe(0.5);
  expect(size.next(0.03) % 0.5).toBe(0);
  for (let k = 0; k < 60; ++k) size.took(size.next(Infinity), 0);
  expect(size.next(Infinity)).toBe(60_000);
});
