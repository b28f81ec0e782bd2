import { expect, test } from "vitest";

import { SpikeWindow } from "./spike_window.ts";

const spikes = (window: SpikeWindow) => {
  const found: [number, number][] = [];
  window.forEach((time, row) => found.push([time, row]));
  return found;
};

test("spikes keep their order and get their row", () => {
  const window = new SpikeWindow(4);
  window.add([1, 2], [0, 1], 10);
  expect(spikes(window)).toEqual([
    [1, 10],
    [2, 11],
  ]);
});

test("where there is no room the oldest go", () => {
  const window = new SpikeWindow(4);
  window.add([1, 2, 3], [0, 0, 0], 0);
  window.add([4, 5], [1, 1], 0);
  expect(spikes(window).map(([time]) => time)).toEqual([2, 3, 4, 5]);
  window.add([6, 7, 8, 9, 10, 11], [0, 0, 0, 0, 0, 0], 0);
  expect(spikes(window).map(([time]) => time)).toEqual([8, 9, 10, 11]);
});

test("old spikes can be forgotten", () => {
  const window = new SpikeWindow(4);
  window.add([1, 2, 3], [0, 0, 0], 0);
  window.forget(2);
  expect(spikes(window)).toEqual([[3, 0]]);
  window.clear();
  expect(window.size).toBe(0);
});
