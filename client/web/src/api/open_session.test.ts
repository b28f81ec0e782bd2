import { expect, test } from "vitest";

import { parseSeed } from "./open_session.ts";

test("a seed is a whole number of 64 bits, or drawn by the server", () => {
  expect(parseSeed(" 18446744073709551557 ")).toEqual({ seed: 18446744073709551557n });
  expect(parseSeed("")).toEqual({});
  expect(() => parseSeed("1.5")).toThrow("whole number");
});
