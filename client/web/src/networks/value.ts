// Values as people write them: `20`, `1, 2, 3`, `normal(20, 2)`, `uniform(0, 1)`,
// `lognormal(0, 1, min=0, max=5)`. So they are in Python, too.
import type { MessageInitShape } from "@bufbuild/protobuf";

import type { Value, ValueSchema } from "../generated/spiked/v1/network_pb.ts";

export type ValueInit = MessageInitShape<typeof ValueSchema>;

const DRAWN = /^(normal|uniform|lognormal)\s*\(([^)]*)\)$/;

// Reads a value. Throws an Error that says how to write one.
export function parseValue(text: string): ValueInit {
  const drawn = DRAWN.exec(text.trim());
  if (drawn)
    return { kind: { case: "distribution", value: parseDistribution(drawn[1]!, drawn[2]!) } };
  const numbers = text
    .replace(/^\s*\[|\]\s*$/g, "")
    .split(",")
    .map(parseNumber);
  return numbers.length === 1
    ? { kind: { case: "number", value: numbers[0]! } }
    : { kind: { case: "list", value: { values: numbers } } };
}

export function parseNumber(text: string): number {
  const trimmed = text.trim();
  if (/^[+-]?inf(inity)?$/i.test(trimmed)) return trimmed.startsWith("-") ? -Infinity : Infinity;
  const number = Number(trimmed);
  if (trimmed === "" || Number.isNaN(number)) {
    throw new Error(
      `"${trimmed}" is no number. Write a number, several with commas, or normal(mean, std), uniform(low, high), lognormal(mean, std).`,
    );
  }
  return number;
}

// A whole number from `least` on.
export function parseWhole(text: string, least: number): number {
  const number = Number(text.trim());
  if (text.trim() === "" || !Number.isSafeInteger(number) || number < least) {
    throw new Error(`"${text.trim()}" has to be a whole number, at least ${least}.`);
  }
  return number;
}

function parseDistribution(name: string, inside: string) {
  const parts = inside.split(",").map((part) => part.trim());
  const limits: { minimum?: number; maximum?: number } = {};
  const numbers: number[] = [];
  for (const part of parts) {
    const limit = /^(min|max)(?:imum)?\s*=(.*)$/.exec(part);
    if (limit) limits[limit[1] === "min" ? "minimum" : "maximum"] = parseNumber(limit[2]!);
    else numbers.push(parseNumber(part));
  }
  if (numbers.length !== 2) throw new Error(`${name} takes two numbers, as in ${name}(20, 2).`);
  const [first, second] = numbers as [number, number];
  const kind =
    name === "uniform"
      ? { case: "uniform" as const, value: { low: first, high: second } }
      : { case: name as "normal" | "lognormal", value: { mean: first, std: second } };
  return { kind, ...limits };
}

// A value in Python, with `spiked` imported.
export function pythonValue({ kind }: Value): string {
  switch (kind.case) {
    case "number":
      return pythonNumber(kind.value);
    case "list":
      return `[${kind.value.values.map(pythonNumber).join(", ")}]`;
    case "distribution": {
      const { kind: shape, minimum, maximum } = kind.value;
      const numbers =
        shape.case === "uniform"
          ? [shape.value.low, shape.value.high]
          : shape.case
            ? [shape.value.mean, shape.value.std]
            : [];
      const limits = [
        ...(minimum === undefined ? [] : [`minimum=${pythonNumber(minimum)}`]),
        ...(maximum === undefined ? [] : [`maximum=${pythonNumber(maximum)}`]),
      ];
      return `spiked.${shape.case}(${[...numbers.map(pythonNumber), ...limits].join(", ")})`;
    }
    case undefined:
      return "None";
  }
}

function pythonNumber(value: number): string {
  return Number.isFinite(value) ? String(value) : `float("${value > 0 ? "inf" : "-inf"}")`;
}
