import { expect, test } from "vitest";

import { heat, rgb } from "./colours.ts";

test("a colour is read from its hexadecimal digits", () => {
  expect(rgb("#0a64ff")).toEqual([10, 100, 255]);
});

test("heat goes from dark to light", () => {
  const lightness = ([r, g, b]: [number, number, number]) => 0.3 * r + 0.6 * g + 0.1 * b;
  const shades = Array.from({ length: 21 }, (_, k) => lightness(heat(k / 20)));
  for (let k = 1; k < shades.length; ++k) expect(shades[k]).toBeGreaterThan(shades[k - 1]!);
});

test("what is out of range has the colour of the end", () => {
  expect(heat(-1)).toEqual(heat(0));
  expect(heat(2)).toEqual(heat(1));
});
