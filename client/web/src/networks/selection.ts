// Some neurons of a population as people write them: `0-4`, `0-8 step 2`, or `1, 5, 7`; all of
// them are an empty text.
import type { MessageInitShape } from "@bufbuild/protobuf";

import type { NeuronSelection, NeuronSelectionSchema } from "../generated/spiked/v1/network_pb.ts";
import { parseWhole } from "./value.ts";

const RANGE = /^(\d+)\s*-\s*(\d+)(?:\s*step\s*(\d+))?$/;

export const SELECTION_HINT = "such as 0-4, 0-8 step 2, or 1, 5, 7; empty: all";

// Throws an Error that says how to write one.
export function parseSelection(
  text: string,
): MessageInitShape<typeof NeuronSelectionSchema> | undefined {
  const trimmed = text.trim();
  if (trimmed === "") return undefined;
  const range = RANGE.exec(trimmed);
  if (!range) {
    if (!/^[\d\s,]+$/.test(trimmed)) throw new Error(`Write neurons ${SELECTION_HINT}.`);
    const indices = trimmed.split(",").map((index) => parseWhole(index, 0));
    return { kind: { case: "list", value: { indices } } };
  }
  const [first, last, step] = range.slice(1).map((number) => (number ? parseWhole(number, 0) : 0));
  if (last! < first!) throw new Error(`${last} comes before ${first}: the first has to be first.`);
  const count = Math.floor((last! - first!) / (step || 1)) + 1;
  return { kind: { case: "range", value: { first: first!, count, step: step! } } };
}

export function selectionText({ kind }: NeuronSelection): string {
  if (kind.case === "list") return kind.value.indices.join(", ");
  if (kind.case !== "range") return "";
  const { first, count, step } = kind.value;
  const last = first + (count - 1) * (step || 1);
  return `${first}-${last}${step ? ` step ${step}` : ""}`;
}

// The neuron at this place of the selection.
export function neuronAt({ kind }: NeuronSelection, place: number): number {
  if (kind.case === "list") return kind.value.indices[place] ?? place;
  if (kind.case !== "range") return place;
  return kind.value.first + place * (kind.value.step || 1);
}

export function pythonSelection({ kind }: NeuronSelection): string {
  if (kind.case !== "range") return `[${kind.value?.indices.join(", ") ?? ""}]`;
  const { first, count, step } = kind.value;
  const end = first + count * (step || 1);
  return step > 1 ? `range(${first}, ${end}, ${step})` : `range(${first}, ${end})`;
}
