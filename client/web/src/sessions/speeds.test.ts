import { expect, test } from "vitest";

import { Speeds } from "./speeds.ts";

test("the speed is the time that has passed between two looks", () => {
  const speeds = new Speeds();
  speeds.look([{ name: "a", timeMs: 0 }], 1000);
  expect(speeds.of("a")).toBe(0);
  speeds.look(
    [
      { name: "a", timeMs: 5000 },
      { name: "b", timeMs: 7 },
    ],
    2000,
  );
  expect(speeds.of("a")).toBe(5);
  expect(speeds.of("b")).toBe(0);
});

test("a session that was reset has no negative speed", () => {
  const speeds = new Speeds();
  speeds.look([{ name: "a", timeMs: 500 }], 0);
  speeds.look([{ name: "a", timeMs: 0 }], 100);
  expect(speeds.of("a")).toBe(0);
});

test("sessions that have gone are forgotten", () => {
  const speeds = new Speeds();
  speeds.look([{ name: "a", timeMs: 0 }], 0);
  speeds.look([], 100);
  speeds.look([{ name: "a", timeMs: 900 }], 200);
  expect(speeds.of("a")).toBe(0);
});
