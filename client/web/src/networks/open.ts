// From a specification, as a file has it, to what stands in the forms.
import { equals, fromJsonString } from "@bufbuild/protobuf";

import {
  type ConnectionRule,
  type Multimeter,
  MultimeterSchema,
  type NetworkSpecification,
  NetworkSpecificationSchema,
  type Population,
  PopulationSchema,
  type Projection,
  ProjectionSchema,
  type RecordWindow,
  type Value,
} from "../generated/spiked/v1/network_pb.ts";
import type {
  Draft,
  MultimeterDraft,
  PopulationDraft,
  ProjectionDraft,
  RecordDraft,
  Rule,
} from "./draft.ts";
import { selectionText } from "./selection.ts";
import { FieldErrors, toSpecification } from "./specification.ts";
import { numberText, valueText } from "./value.ts";

export type Parts = Pick<Draft, "populations" | "projections" | "multimeters">;

// Reads a specification as JSON. Throws an Error that says why it cannot be shown: nothing
// of it gets lost.
export function openSpecification(text: string): Parts {
  let specification: NetworkSpecification;
  try {
    specification = fromJsonString(NetworkSpecificationSchema, text);
  } catch (error) {
    throw new Error(
      `This is no specification as JSON, which "Save as JSON" writes: ${(error as Error).message}`,
    );
  }
  const { populations, projections, multimeters } = specification;
  if (populations.length === 0) throw new Error("No population is in this file.");
  // How something would be recorded that is not means nothing.
  for (const one of populations) if (!one.recordSpikes) forgetRecording(one);
  for (const one of projections) if (!one.recordWeights) forgetRecording(one);
  const parts = {
    populations: populations.map(populationDraft),
    projections: projections.map(projectionDraft),
    multimeters: multimeters.map(multimeterDraft),
  };
  const again = toSpecification({ name: "", seed: "", ...parts }, new FieldErrors());
  const lost = [
    ...populations.filter((one, k) => !equals(PopulationSchema, one, again.populations[k]!)),
    ...projections.filter((one, k) => !equals(ProjectionSchema, one, again.projections[k]!)),
    ...multimeters.filter((one, k) => !equals(MultimeterSchema, one, again.multimeters[k]!)),
  ];
  if (lost.length > 0) {
    const names = lost.map(({ name }) => `"${name}"`).join(", ");
    throw new Error(`What ${names} has, the forms here cannot show. Use it with a program.`);
  }
  return parts;
}

// What records, and how.
interface Recorder {
  recordLimit: number;
  recordWindow?: RecordWindow | undefined;
}

function forgetRecording(recorder: Recorder): void {
  recorder.recordLimit = 0;
  delete recorder.recordWindow;
}

export function recordDraft({ recordLimit, recordWindow }: Recorder): RecordDraft {
  const { startMs, stopMs, originMs } = recordWindow ?? {};
  return {
    recordLimit: String(recordLimit),
    recordFrom: startMs === undefined ? "" : numberText(startMs),
    recordUntil: stopMs === undefined ? "" : numberText(stopMs),
    recordOrigin: originMs ? numberText(originMs) : "",
  };
}

function populationDraft(one: Population): PopulationDraft {
  return {
    name: one.name,
    model: one.model,
    size: String(one.size),
    parameters: texts(one.parameters),
    record: one.recordSpikes,
    ...recordDraft(one),
    mirrored: one.mirrored,
  };
}

function projectionDraft(one: Projection): ProjectionDraft {
  return {
    name: one.name,
    source: one.source,
    target: one.target,
    sourceNeurons: one.sourceNeurons ? selectionText(one.sourceNeurons) : "",
    targetNeurons: one.targetNeurons ? selectionText(one.targetNeurons) : "",
    ...ruleDraft(one.rule),
    synapseModel: one.synapseModel,
    weight: one.weight ? valueText(one.weight) : "",
    delay: one.delayMs ? valueText(one.delayMs) : "",
    parameters: texts(one.parameters),
    transmitter: one.volumeTransmitter,
    record: one.recordWeights,
    ...recordDraft(one),
  };
}

type RuleDraft = Pick<ProjectionDraft, "rule" | "ruleNumber" | "autapses" | "multapses">;

function ruleDraft(chosen: ConnectionRule | undefined): RuleDraft {
  const draft = (
    rule: Rule,
    number: number | bigint | string,
    excluded: { excludeAutapses?: boolean; excludeMultapses?: boolean } = {},
  ): RuleDraft => ({
    rule,
    ruleNumber: typeof number === "number" ? numberText(number) : String(number),
    autapses: !excluded.excludeAutapses,
    multapses: !excluded.excludeMultapses,
  });
  const { rule } = chosen ?? {};
  switch (rule?.case) {
    case "oneToOne":
      return draft("one_to_one", "");
    case "fixedIndegree":
      return draft("fixed_indegree", rule.value.indegree, rule.value);
    case "fixedOutdegree":
      return draft("fixed_outdegree", rule.value.outdegree, rule.value);
    case "pairwiseBernoulli":
      return draft("pairwise_bernoulli", rule.value.probability, rule.value);
    case "fixedTotalNumber":
      return draft("fixed_total_number", rule.value.connections, rule.value);
    case "explicitPairs": {
      const { sources, targets } = rule.value;
      return draft("explicit_pairs", sources.map((one, k) => `${one}>${targets[k]}`).join(", "));
    }
    case "allToAll":
      return draft("all_to_all", "", rule.value);
    default:
      return draft("all_to_all", "");
  }
}

function multimeterDraft(one: Multimeter): MultimeterDraft {
  return {
    name: one.name,
    population: one.population,
    neurons: one.neurons ? selectionText(one.neurons) : "",
    variables: one.variables,
    interval: numberText(one.intervalMs),
    ...recordDraft(one),
  };
}

const texts = (values: { [name: string]: Value }): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, valueText(value)]));
