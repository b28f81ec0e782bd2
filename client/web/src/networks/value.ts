// Values as people write them: `20`, `1, 2, 3` or `[1]`, `normal(20, 2)`, `uniform(0, 1)`,
// `lognormal(0, 1, minimum=0, maximum=5)`. So they are in Python, too.
import type { MessageInitShape } from "@bufbuild/protobuf";

import type { Value, ValueSchema } from "../generated/spiked/v1/network_pb.ts";

export type ValueInit = MessageInitShape<typeof ValueSchema>;

const DRAWN = /^(normal|uniform|lognormal)\s*\(([^)]*)\)$/;

// Reads a value. Throws an Error that says how to write one.
export function parseValue(text: string): ValueInit {
  const drawn = DRAWN.exec(text.trim());
  if (drawn)
    return { kind: { case: "distribution", value: parseDistribution(drawn[1]!, drawn[2]!) } };
  const inside = /^\s*\[(.*)\]\s*$/.exec(text)?.[1];
  const values = (inside ?? text).split(",").map(parseNumber);
  return inside === undefined && values.length === 1
    ? { kind: { case: "number", value: values[0]! } }
    : { kind: { case: "list", value: { values } } };
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

// A whole number from `least` on, by default one that has 32 bits in the contract.
export function parseWhole(text: string, least: number, most = 2 ** 32 - 1): number {
  const number = Number(text.trim());
  if (text.trim() === "" || !Number.isInteger(number) || number < least || number > most) {
    throw new Error(`"${text.trim()}" has to be a whole number from ${least} to ${most}.`);
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
export const pythonValue = (value: Value): string => written(value, pythonNumber, "spiked.");

export const pythonNumber = (value: number): string =>
  Number.isFinite(value) ? String(value) : `float("${numberText(value)}")`;

// A value as it is parsed.
export const valueText = (value: Value): string => written(value, numberText, "");

// Not a number cannot be parsed.
export const numberText = (value: number): string =>
  Math.abs(value) === Infinity
    ? value > 0
      ? "inf"
      : "-inf"
    : Object.is(value, -0)
      ? "-0"
      : String(value);

function written({ kind }: Value, number: (value: number) => string, prefix: string): string {
  switch (kind.case) {
    case "number":
      return number(kind.value);
    case "list":
      return `[${kind.value.values.map(number).join(", ")}]`;
    case "distribution": {
      const { kind: shape, minimum, maximum } = kind.value;
      const numbers =
        shape.case === "uniform"
          ? [shape.value.low, shape.value.high]
          : shape.case
            ? [shape.value.mean, shape.value.std]
            : [];
      const limits = [
        ...(minimum === undefined ? [] : [`minimum=${number(minimum)}`]),
        ...(maximum === undefined ? [] : [`maximum=${number(maximum)}`]),
      ];
      return `${prefix}${shape.case}(${[...numbers.map(number), ...limits].join(", ")})`;
    }
    case undefined:
      return "None";
  }
}
