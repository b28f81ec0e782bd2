import { expect, test } from "vitest";

import { History, Series } from "./series.ts";

test("few values are kept as they are", () => {
  const series = new Series(10);
  for (let x = 0; x < 5; ++x) series.add(x, x * x);
  expect(series.points.map(({ y }) => y)).toEqual([0, 1, 4, 9, 16]);
});

test("many values are merged, and their mean stays", () => {
  const series = new Series(10);
  for (let x = 0; x < 1024; ++x) series.add(x, x % 2);
  expect(series.points.length).toBeLessThan(10);
  expect(series.points.length).toBeGreaterThanOrEqual(4);
  for (const { y } of series.points) expect(y).toBe(0.5);
  expect(series.points.at(-1)!.x).toBe(1023);
});

test("what lies before a time can be forgotten", () => {
  const series = new Series(10);
  for (let x = 0; x < 5; ++x) series.add(x, 1);
  series.forget(3);
  expect(series.points.map(({ x }) => x)).toEqual([3, 4]);
  series.forget(9);
  expect(series.points).toEqual([]);
});

test("a history has the first snapshot and the latest, however many there were", () => {
  const history = new History<number>(8);
  for (let k = 0; k < 1000; ++k) history.add(k, k);
  const times = history.entries.map(({ time }) => time);
  expect(times[0]).toBe(0);
  expect(times.at(-1)).toBe(999);
  expect(times.length).toBeLessThanOrEqual(9);
  // At about equal distances.
  const gaps = times.slice(1, -1).map((time, k) => time - times[k]!);
  expect(new Set(gaps).size).toBe(1);
});
