import { expect, test } from "vitest";

import { Rates } from "./rates.ts";

test("the rate is spikes a neuron and second", () => {
  const rates = new Rates(10, 100);
  rates.add(20, 0, 100);
  expect(rates.points).toEqual([{ x: 100, y: 20 }]);
  expect(rates.last).toBe(20);
});

test("short frames are gathered until there is enough to tell", () => {
  const rates = new Rates(1, 100);
  rates.add(1, 0, 40);
  rates.add(1, 40, 80);
  expect(rates.last).toBe(0);
  rates.add(1, 80, 120);
  expect(rates.last).toBeCloseTo(25);
});

test("a long frame is a bin of its own", () => {
  const rates = new Rates(1, 100);
  rates.add(50, 0, 1000);
  expect(rates.last).toBe(50);
});

test("the latest bins are kept", () => {
  const rates = new Rates(1, 1);
  for (let k = 0; k < 1000; ++k) rates.add(1, k, k + 1);
  expect(rates.points.length).toBe(200);
  expect(rates.points.at(-1)!.x).toBe(1000);
});
