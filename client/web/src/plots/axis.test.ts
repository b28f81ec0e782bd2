import { expect, test } from "vitest";

import { ticks, tickText } from "./axis.ts";

test("marks are round numbers within the range", () => {
  expect(ticks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8, 1]);
  expect(ticks(1220, 1750, 4)).toEqual([1400, 1600]);
  expect(ticks(-75, -48, 3)).toEqual([-70, -60, -50]);
});

test("a range without extent has no marks", () => {
  expect(ticks(1, 1, 5)).toEqual([]);
  expect(ticks(0, Infinity, 5)).toEqual([]);
});

test("numbers beside marks are short", () => {
  expect(tickText(0.6000000000000001)).toBe("0.6");
  expect(tickText(12000)).toBe("12 000");
  expect(tickText(2_500_000)).toBe("2.5 M");
});
