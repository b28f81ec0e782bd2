import { expect, test } from "vitest";

import { Backoff, wait } from "./backoff.ts";

test("waits grow up to five seconds", () => {
  const backoff = new Backoff(() => 1);
  const waits = Array.from({ length: 10 }, () => backoff.next());
  expect(waits[0]).toBe(250);
  for (let k = 1; k < waits.length; ++k) expect(waits[k]).toBeGreaterThanOrEqual(waits[k - 1]!);
  expect(waits.at(-1)).toBe(5000);
});

test("chance takes away half a wait at most", () => {
  expect(new Backoff(() => 0).next()).toBe(125);
});

test("success makes the next wait short again", () => {
  const backoff = new Backoff(() => 1);
  backoff.next();
  backoff.next();
  backoff.reset();
  expect(backoff.next()).toBe(250);
});

test("a wait that is given up ends at once", async () => {
  const abort = new AbortController();
  const waiting = wait(3_600_000, abort.signal);
  abort.abort();
  await waiting;
  await wait(3_600_000, abort.signal);
});
