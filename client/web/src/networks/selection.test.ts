import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

import { NeuronSelectionSchema } from "../generated/spiked/v1/network_pb.ts";
import { neuronAt, parseSelection, pythonSelection, selectionText } from "./selection.ts";

const selection = (text: string) => create(NeuronSelectionSchema, parseSelection(text));

test("neurons are a range or a list, and all of them nothing", () => {
  expect(parseSelection(" ")).toBeUndefined();
  expect(parseSelection("0-4")!.kind).toEqual({
    case: "range",
    value: { first: 0, count: 5, step: 0 },
  });
  expect(parseSelection("3 - 10 step 2")!.kind).toEqual({
    case: "range",
    value: { first: 3, count: 4, step: 2 },
  });
  expect(parseSelection("7")!.kind).toEqual({ case: "list", value: { indices: [7] } });
});

test("what is written is read as the same", () => {
  for (const text of ["0-4", "3-3", "3-9 step 2", "0-4 step 1", "7", "5, 1, 3"]) {
    expect(selectionText(selection(text))).toBe(text);
  }
});

test("what is no selection is told as such", () => {
  expect(() => parseSelection("first")).toThrow("such as 0-4");
  expect(() => parseSelection("4-0")).toThrow("0 comes before 4");
  expect(() => parseSelection("1, , 2")).toThrow("whole number");
  expect(() => parseSelection("4294967296")).toThrow("to 4294967295");
});

test("those that are selected have their places", () => {
  for (const [text, neurons] of [
    ["3-9 step 2", [3, 5, 7, 9]],
    ["4-5", [4, 5]],
    ["5, 1", [5, 1]],
  ] as const) {
    expect(neurons.map((_, place) => neuronAt(selection(text), place))).toEqual(neurons);
  }
});

test("Python counts the same neurons", () => {
  expect(pythonSelection(selection("0-4"))).toBe("range(0, 5)");
  expect(pythonSelection(selection("3-9 step 2"))).toBe("range(3, 11, 2)");
  expect(pythonSelection(selection("5, 1"))).toBe("[5, 1]");
});
