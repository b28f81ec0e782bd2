import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

import { ValueSchema } from "../generated/spiked/v1/network_pb.ts";
import { parseValue, parseWhole, pythonValue, valueText } from "./value.ts";

const inPython = (text: string) => pythonValue(create(ValueSchema, parseValue(text)));

test("a value is a number, a list or a distribution", () => {
  expect(parseValue(" -2.5 ").kind).toEqual({ case: "number", value: -2.5 });
  expect(parseValue("[1]").kind).toEqual({ case: "list", value: { values: [1] } });
  expect(parseValue("1, 2,3").kind).toEqual({ case: "list", value: { values: [1, 2, 3] } });
  expect(parseValue("normal(20, 2, min=0)").kind).toEqual({
    case: "distribution",
    value: { kind: { case: "normal", value: { mean: 20, std: 2 } }, minimum: 0 },
  });
});

test("what is no value is told as such", () => {
  expect(() => parseValue("abc")).toThrow('"abc" is no number');
  expect(() => parseValue("")).toThrow("no number");
  expect(() => parseValue("normal(20)")).toThrow("normal takes two numbers");
  expect(() => parseWhole("1.5", 1)).toThrow("whole number from 1 to");
  expect(() => parseWhole("0", 1)).toThrow("from 1 to");
  expect(() => parseWhole("4294967296", 1)).toThrow("to 4294967295");
});

test("a value that is written is read as the same", () => {
  for (const text of ["-0", "1e+300", "-inf", "[5]", "[1, 2]", "lognormal(0, 1, minimum=-inf)"]) {
    expect(valueText(create(ValueSchema, parseValue(text)))).toBe(text);
  }
});

test("values are the same in Python", () => {
  expect(inPython("20")).toBe("20");
  expect(inPython("1, 2")).toBe("[1, 2]");
  expect(inPython("inf")).toBe('float("inf")');
  expect(inPython("uniform(0, 1)")).toBe("spiked.uniform(0, 1)");
  expect(inPython("lognormal(0, 1, max=5)")).toBe("spiked.lognormal(0, 1, maximum=5)");
});
