// A network that is being composed: what stands in the forms.

export const RULES = [
  "all_to_all",
  "one_to_one",
  "fixed_indegree",
  "fixed_outdegree",
  "pairwise_bernoulli",
  "fixed_total_number",
  "explicit_pairs",
] as const;
export type Rule = (typeof RULES)[number];

// What stands beside a rule, for those that need it: a number, but for the last.
export const RULE_NUMBERS: Partial<Record<Rule, string>> = {
  fixed_indegree: "Connections a target",
  fixed_outdegree: "Connections a source",
  pairwise_bernoulli: "Probability",
  fixed_total_number: "Connections",
  explicit_pairs: "Pairs, such as 0>1, 0>2",
};

// How much is kept of what is recorded: the latest so many entries, of stamps between two times
// in ms that are counted from a third. Empty: from the beginning, without an end, from 0.
export interface RecordDraft {
  recordLimit: string;
  recordFrom: string;
  recordUntil: string;
  recordOrigin: string;
}

export interface PopulationDraft extends RecordDraft {
  name: string;
  model: string;
  size: string;
  // Those that differ from the defaults.
  parameters: Record<string, string>;
  record: boolean;
  // Of a mirror: `network/population` in the same session.
  mirrored: string;
}

export interface ProjectionDraft extends RecordDraft {
  name: string;
  source: string;
  target: string;
  // Which of their neurons, as selection.ts reads it.
  sourceNeurons: string;
  targetNeurons: string;
  rule: Rule;
  ruleNumber: string;
  // Whether a neuron may be connected to itself, a pair more than once.
  autapses: boolean;
  multapses: boolean;
  synapseModel: string;
  weight: string;
  delay: string;
  parameters: Record<string, string>;
  // For dopamine: the volume transmitter.
  transmitter: string;
  // Whether weights are recorded as they are transmitted.
  record: boolean;
}

export interface MultimeterDraft extends RecordDraft {
  name: string;
  population: string;
  // Which of them, as selection.ts reads it.
  neurons: string;
  variables: string[];
  interval: string;
}

export interface Draft {
  name: string;
  seed: string;
  populations: PopulationDraft[];
  projections: ProjectionDraft[];
  multimeters: MultimeterDraft[];
}

// A balanced network to begin with: a thousand neurons that fire irregularly.
export function exampleDraft(): Draft {
  const neurons = (name: string, size: string): PopulationDraft => ({
    ...newPopulation([]),
    name,
    size,
    parameters: { V_th: "-50" },
  });
  const projection = (source: string, target: string, more: Partial<ProjectionDraft>) => ({
    ...newProjection([], source, target),
    ...more,
  });
  const excitatory = {
    rule: "fixed_indegree",
    ruleNumber: "80",
    weight: "normal(20, 2)",
    delay: "1.5",
  } as const;
  const inhibitory = {
    rule: "fixed_indegree",
    ruleNumber: "20",
    weight: "-150",
    delay: "1.5",
  } as const;
  return {
    name: "cortex",
    seed: "1",
    populations: [
      neurons("E", "800"),
      neurons("I", "200"),
      {
        ...newPopulation([]),
        name: "drive",
        model: "poisson_generator",
        parameters: { rate: "4000" },
        record: false,
      },
    ],
    projections: [
      ...["E", "I"].map((target) => projection("drive", target, { weight: "60" })),
      ...["E", "I"].map((target) => projection("E", target, excitatory)),
      ...["E", "I"].map((target) => projection("I", target, inhibitory)),
    ],
    multimeters: [{ ...newMultimeter([], "E"), name: "voltmeter" }],
  };
}

export function newPopulation(taken: readonly PopulationDraft[]): PopulationDraft {
  return {
    name: freeName("neurons", taken),
    model: "iaf_psc_exp",
    size: "1",
    parameters: {},
    record: true,
    mirrored: "",
    ...keeping(MOST_KEPT),
  };
}

// Where nobody says how much is to be kept.
export const MOST_KEPT = "100000";

export const keeping = (recordLimit: string): RecordDraft => ({
  recordLimit,
  recordFrom: "",
  recordUntil: "",
  recordOrigin: "",
});

export function newProjection(
  taken: readonly ProjectionDraft[],
  source: string,
  target: string,
): ProjectionDraft {
  return {
    name: freeName(`${source}_${target}`, taken),
    source,
    target,
    sourceNeurons: "",
    targetNeurons: "",
    rule: "all_to_all",
    ruleNumber: "",
    autapses: true,
    multapses: true,
    synapseModel: "static_synapse",
    weight: "1",
    delay: "1",
    parameters: {},
    transmitter: "",
    record: false,
    ...keeping(MOST_KEPT),
  };
}

export function newMultimeter(
  taken: readonly MultimeterDraft[],
  population: string,
): MultimeterDraft {
  return {
    name: freeName("voltmeter", taken),
    population,
    neurons: "0-4",
    variables: ["V_m"],
    interval: "1",
    ...keeping("10000"),
  };
}

// The draft with another population in this place; what names it follows its name.
export function withPopulation(draft: Draft, k: number, next: PopulationDraft): Draft {
  const before = draft.populations[k]!.name;
  const follow = (name: string) => (name === before ? next.name : name);
  return {
    ...draft,
    populations: draft.populations.map((one, at) => (at === k ? next : one)),
    projections: draft.projections.map((one) => ({
      ...one,
      source: follow(one.source),
      target: follow(one.target),
      transmitter: follow(one.transmitter),
    })),
    multimeters: draft.multimeters.map((one) => ({ ...one, population: follow(one.population) })),
  };
}

function freeName(wanted: string, taken: readonly { name: string }[]): string {
  const isFree = (name: string) => !taken.some((one) => one.name === name);
  if (isFree(wanted)) return wanted;
  for (let k = 2; ; ++k) if (isFree(`${wanted}_${k}`)) return `${wanted}_${k}`;
}

// Another one when drafts have other fields.
const KEY = "spiked.draft.2";

// The draft that was left here, or the example.
export function keptDraft(): Draft {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "") as Draft;
  } catch {
    return exampleDraft();
  }
}

export const keepDraft = (draft: Draft): void => localStorage.setItem(KEY, JSON.stringify(draft));
