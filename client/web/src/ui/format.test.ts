import { expect, test } from "vitest";

import { bytesText, countText, speedText, timeText } from "./format.ts";

test("times have the unit that fits", () => {
  expect(timeText(0.1)).toBe("0.1 ms");
  expect(timeText(12_400)).toBe("12.4 s");
  expect(timeText(200_000)).toBe("3 min 20 s");
  expect(timeText(7_500_000)).toBe("2 h 5 min");
});

test("speeds have two or three digits", () => {
  expect(speedText(0.3456)).toBe("0.35 ×");
  expect(speedText(1234.5)).toBe("1 230 ×");
  expect(speedText(0)).toBe("–");
  expect(speedText(NaN)).toBe("–");
});

test("counts have their thousands apart", () => {
  expect(countText(1234567n)).toBe("1 234 567");
});

test("bytes have the unit that fits", () => {
  expect(bytesText(512)).toBe("512 B");
  expect(bytesText(1536)).toBe("1.5 KiB");
  expect(bytesText(3 << 20)).toBe("3.0 MiB");
});
