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
  type Value,
} from "../generated/spiked/v1/network_pb.ts";
import type { Draft, MultimeterDraft, PopulationDraft, ProjectionDraft, Rule } from "./draft.ts";
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

function populationDraft(one: Population): PopulationDraft {
  return {
    name: one.name,
    model: one.model,
    size: String(one.size),
    parameters: texts(one.parameters),
    record: one.recordSpikes,
    recordLimit: String(one.recordLimit),
  };
}

function projectionDraft(one: Projection): ProjectionDraft {
  return {
    name: one.name,
    source: one.source,
    target: one.target,
    ...ruleDraft(one.rule),
    synapseModel: one.synapseModel,
    weight: one.weight ? valueText(one.weight) : "",
    delay: one.delayMs ? valueText(one.delayMs) : "",
    parameters: texts(one.parameters),
    transmitter: one.volumeTransmitter,
  };
}

type RuleDraft = Pick<ProjectionDraft, "rule" | "ruleNumber" | "autapses" | "multapses">;

function ruleDraft(chosen: ConnectionRule | undefined): RuleDraft {
  const draft = (
    rule: Rule,
    number: number | bigint | "",
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
    case "allToAll":
      return draft("all_to_all", "", rule.value);
    default:
      return draft("all_to_all", "");
  }
}

function multimeterDraft(one: Multimeter): MultimeterDraft {
  const { kind } = one.neurons ?? {};
  return {
    name: one.name,
    population: one.population,
    neurons: kind?.case === "range" ? String(kind.value.count) : "",
    variables: one.variables,
    interval: numberText(one.intervalMs),
    recordLimit: String(one.recordLimit),
  };
}

const texts = (values: { [name: string]: Value }): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, valueText(value)]));
