// From forms to the specification of the contract, and what is wrong on the way.
import { create, type MessageInitShape } from "@bufbuild/protobuf";

import {
  type ConnectionRuleSchema,
  type MultimeterSchema,
  type NetworkSpecification,
  NetworkSpecificationSchema,
  type PopulationSchema,
  type ProjectionSchema,
  type RecordWindowSchema,
} from "../generated/spiked/v1/network_pb.ts";
import type {
  Draft,
  MultimeterDraft,
  PopulationDraft,
  ProjectionDraft,
  RecordDraft,
} from "./draft.ts";
import { parseSelection } from "./selection.ts";
import { parseNumber, parseValue, parseWhole, type ValueInit } from "./value.ts";

// What is wrong, by the path of the field, as the server names it
// (`populations[0].parameters[tau_m]`).
export class FieldErrors {
  readonly #errors = new Map<string, string>();

  get size(): number {
    return this.#errors.size;
  }

  // The server's paths begin at the request.
  add(path: string, description: string): void {
    this.#errors.set(path.replace(/^specification\./, ""), description);
  }

  // What is wrong with a field or with what is inside of it.
  at(path: string): string | undefined {
    for (const [known, description] of this.#errors) {
      if (known === path || known.startsWith(`${path}.`) || known.startsWith(`${path}[`)) {
        return description;
      }
    }
    return undefined;
  }

  // What `read` reads, or undefined where it fails.
  take<T>(path: string, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      this.add(path, (error as Error).message);
      return undefined;
    }
  }
}

// The specification, as far as it can be read; what cannot goes into `errors`.
export function toSpecification(draft: Draft, errors: FieldErrors): NetworkSpecification {
  return create(NetworkSpecificationSchema, {
    populations: draft.populations.map((one, k) => population(one, `populations[${k}]`, errors)),
    projections: draft.projections.map((one, k) => projection(one, `projections[${k}]`, errors)),
    multimeters: draft.multimeters.map((one, k) => multimeter(one, `multimeters[${k}]`, errors)),
  });
}

function population(
  draft: PopulationDraft,
  path: string,
  errors: FieldErrors,
): MessageInitShape<typeof PopulationSchema> {
  return {
    name: draft.name.trim(),
    model: draft.model,
    size: errors.take(`${path}.size`, () => parseWhole(draft.size, 1)) ?? 0,
    parameters: parameters(draft.parameters, path, errors),
    recordSpikes: draft.record,
    ...(draft.record ? recording(draft, path, errors) : {}),
    mirrored: draft.mirrored.trim(),
  };
}

function projection(
  draft: ProjectionDraft,
  path: string,
  errors: FieldErrors,
): MessageInitShape<typeof ProjectionSchema> {
  // Without one it is the model's.
  const value = (name: string, text: string) =>
    text.trim() === "" ? undefined : errors.take(`${path}.${name}`, () => parseValue(text));
  const weight = value("weight", draft.weight);
  const delayMs = value("delay_ms", draft.delay);
  const sourceNeurons = errors.take(`${path}.source_neurons`, () =>
    parseSelection(draft.sourceNeurons),
  );
  const targetNeurons = errors.take(`${path}.target_neurons`, () =>
    parseSelection(draft.targetNeurons),
  );
  return {
    name: draft.name.trim(),
    source: draft.source,
    target: draft.target,
    rule: { rule: errors.take(`${path}.rule`, () => ruleOf(draft))! },
    synapseModel: draft.synapseModel,
    ...(weight ? { weight } : {}),
    ...(delayMs ? { delayMs } : {}),
    parameters: parameters(draft.parameters, path, errors),
    volumeTransmitter: draft.transmitter,
    ...(sourceNeurons ? { sourceNeurons } : {}),
    ...(targetNeurons ? { targetNeurons } : {}),
    recordWeights: draft.record,
    ...(draft.record ? recording(draft, path, errors) : {}),
  };
}

type RuleInit = NonNullable<
  Exclude<MessageInitShape<typeof ConnectionRuleSchema>, { $typeName: string }>["rule"]
>;

function ruleOf({ rule, ruleNumber, autapses, multapses }: ProjectionDraft): RuleInit {
  const excludeAutapses = !autapses;
  const excludeMultapses = !multapses;
  switch (rule) {
    case "one_to_one":
      return { case: "oneToOne", value: {} };
    case "all_to_all":
      return { case: "allToAll", value: { excludeAutapses } };
    case "fixed_indegree": {
      const indegree = parseWhole(ruleNumber, 0);
      return { case: "fixedIndegree", value: { indegree, excludeAutapses, excludeMultapses } };
    }
    case "fixed_outdegree": {
      const outdegree = parseWhole(ruleNumber, 0);
      return { case: "fixedOutdegree", value: { outdegree, excludeAutapses, excludeMultapses } };
    }
    case "pairwise_bernoulli": {
      const probability = parseNumber(ruleNumber);
      return { case: "pairwiseBernoulli", value: { probability, excludeAutapses } };
    }
    case "fixed_total_number": {
      const connections = BigInt(parseWhole(ruleNumber, 0, Number.MAX_SAFE_INTEGER));
      return { case: "fixedTotalNumber", value: { connections, excludeAutapses } };
    }
    case "explicit_pairs":
      return { case: "explicitPairs", value: parsePairs(ruleNumber) };
  }
}

function parsePairs(text: string): { sources: number[]; targets: number[] } {
  const pairs = text.trim() === "" ? [] : text.split(",").map((pair) => pair.split(">"));
  if (pairs.some((pair) => pair.length !== 2)) {
    throw new Error("Write each pair as source>target, with commas between them: 0>1, 0>2.");
  }
  const side = (k: number) => pairs.map((pair) => parseWhole(pair[k]!, 0));
  return { sources: side(0), targets: side(1) };
}

interface Recording {
  recordLimit: number;
  recordWindow?: MessageInitShape<typeof RecordWindowSchema>;
}

// How something is recorded that is.
export function recording(draft: RecordDraft, path: string, errors: FieldErrors): Recording {
  const { recordFrom, recordUntil, recordOrigin } = draft;
  const time = (name: string, text: string) =>
    text.trim() === ""
      ? undefined
      : errors.take(`${path}.record_window.${name}`, () => parseNumber(text));
  const recordLimit =
    errors.take(`${path}.record_limit`, () => parseWhole(draft.recordLimit, 0)) ?? 0;
  const startMs = time("start_ms", recordFrom);
  const stopMs = time("stop_ms", recordUntil);
  const originMs = time("origin_ms", recordOrigin);
  if (startMs === undefined && stopMs === undefined && originMs === undefined) {
    return { recordLimit };
  }
  return {
    recordLimit,
    recordWindow: {
      startMs: startMs ?? 0,
      originMs: originMs ?? 0,
      ...(stopMs === undefined ? {} : { stopMs }),
    },
  };
}

function multimeter(
  draft: MultimeterDraft,
  path: string,
  errors: FieldErrors,
): MessageInitShape<typeof MultimeterSchema> {
  const neurons = errors.take(`${path}.neurons`, () => parseSelection(draft.neurons));
  return {
    name: draft.name.trim(),
    population: draft.population,
    ...(neurons ? { neurons } : {}),
    variables: draft.variables,
    intervalMs: errors.take(`${path}.interval_ms`, () => parseNumber(draft.interval)) ?? 0,
    ...recording(draft, path, errors),
  };
}

function parameters(
  texts: Record<string, string>,
  path: string,
  errors: FieldErrors,
): Record<string, ValueInit> {
  const values: Record<string, ValueInit> = {};
  for (const [name, text] of Object.entries(texts)) {
    if (text.trim() === "") continue;
    const value = errors.take(`${path}.parameters[${name}]`, () => parseValue(text));
    if (value) values[name] = value;
  }
  return values;
}
