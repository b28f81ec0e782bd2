import { expect, test } from "vitest";

import { labelTexts, parseLabels } from "./labels.ts";

test("labels are read a line each", () => {
  expect(parseLabels("course = neuro\n\n who=a=b\n")).toEqual({ course: "neuro", who: "a=b" });
  expect(parseLabels("")).toEqual({});
});

test("what is no label is told as such", () => {
  expect(() => parseLabels("course")).toThrow('"course" is no label');
  expect(() => parseLabels("=x")).toThrow("no label");
});

test("labels are written as they are read", () => {
  const labels = { a: "1", b: "x y" };
  expect(parseLabels(labelTexts(labels).join("\n"))).toEqual(labels);
});
