// A network as a script for the Python package.
import type {
  ConnectionRule,
  NetworkSpecification,
  Population,
  Projection,
  RecordWindow,
  Value,
} from "../generated/spiked/v1/network_pb.ts";
import { pythonSelection } from "./selection.ts";
import { pythonNumber, pythonValue } from "./value.ts";

export function pythonScript(
  name: string,
  seed: string,
  specification: NetworkSpecification,
): string {
  const { populations, projections, multimeters } = specification;
  const recorded = populations.find(({ recordSpikes }) => recordSpikes);
  return [
    "import spiked",
    "",
    "client = spiked.connect()",
    `session = client.create_session(${seed.trim() ? `seed=${seed.trim()}` : ""})`,
    "",
    "net = spiked.NetworkSpecification()",
    ...populations.map(population),
    ...projections.map(projection),
    ...multimeters.map((one) =>
      call("net.multimeter", [
        text(one.name),
        text(one.population),
        `[${one.variables.map(text).join(", ")}]`,
        `interval=${pythonNumber(one.intervalMs)}`,
        ...recording(one),
        ...(one.neurons ? [`neurons=${pythonSelection(one.neurons)}`] : []),
      ]),
    ),
    "",
    `session.create_network(${text(name)}, net)`,
    "session.step(1000)  # ms",
    ...(recorded ? [`print(session.get_spikes(${text(`${name}/${recorded.name}`)}))`] : []),
    "session.delete()",
    "",
  ].join("\n");
}

// Names have no characters that Python and JSON write in other ways.
const text = (name: string) => JSON.stringify(name);

function call(name: string, values: string[]): string {
  const line = `${name}(${values.join(", ")})`;
  return line.length <= 88 ? line : `${name}(\n    ${values.join(",\n    ")},\n)`;
}

function population(one: Population): string {
  return call("net.population", [
    text(one.name),
    text(one.model),
    String(one.size),
    ...parameters(one.parameters),
    ...(one.recordSpikes ? ["record_spikes=True"] : []),
    ...recording(one),
    ...(one.mirrored ? [`mirrored=${text(one.mirrored)}`] : []),
  ]);
}

function recording(one: {
  recordLimit: number;
  recordWindow?: RecordWindow | undefined;
}): string[] {
  const { startMs, stopMs, originMs } = one.recordWindow ?? {};
  return [
    ...(one.recordLimit ? [`record_limit=${one.recordLimit}`] : []),
    ...(startMs ? [`record_start=${pythonNumber(startMs)}`] : []),
    ...(stopMs === undefined ? [] : [`record_stop=${pythonNumber(stopMs)}`]),
    ...(originMs ? [`record_origin=${pythonNumber(originMs)}`] : []),
  ];
}

function projection(one: Projection): string {
  return call("net.connect", [
    text(one.source),
    text(one.target),
    rule(one.rule),
    ...(one.weight ? [`weight=${pythonValue(one.weight)}`] : []),
    ...(one.delayMs ? [`delay=${pythonValue(one.delayMs)}`] : []),
    `synapse_model=${text(one.synapseModel)}`,
    `name=${text(one.name)}`,
    ...(one.volumeTransmitter ? [`volume_transmitter=${text(one.volumeTransmitter)}`] : []),
    ...(one.sourceNeurons ? [`source_neurons=${pythonSelection(one.sourceNeurons)}`] : []),
    ...(one.targetNeurons ? [`target_neurons=${pythonSelection(one.targetNeurons)}`] : []),
    ...(one.recordWeights ? ["record_weights=True"] : []),
    ...recording(one),
    ...parameters(one.parameters),
  ]);
}

function parameters(values: { [name: string]: Value }): string[] {
  const entries = Object.entries(values);
  if (entries.length === 0) return [];
  return [
    `parameters={${entries.map(([name, value]) => `${text(name)}: ${pythonValue(value)}`).join(", ")}}`,
  ];
}

function rule(of: ConnectionRule | undefined): string {
  const { rule: chosen } = of ?? {};
  const excluded = (value: { excludeAutapses: boolean; excludeMultapses?: boolean }) => [
    ...(value.excludeAutapses ? ["allow_autapses=False"] : []),
    ...(value.excludeMultapses ? ["allow_multapses=False"] : []),
  ];
  switch (chosen?.case) {
    case "oneToOne":
      return "spiked.one_to_one()";
    case "allToAll":
      return `spiked.all_to_all(${excluded(chosen.value).join(", ")})`;
    case "fixedIndegree":
      return `spiked.fixed_indegree(${[chosen.value.indegree, ...excluded(chosen.value)].join(", ")})`;
    case "fixedOutdegree":
      return `spiked.fixed_outdegree(${[chosen.value.outdegree, ...excluded(chosen.value)].join(", ")})`;
    case "pairwiseBernoulli":
      return `spiked.pairwise_bernoulli(${[pythonNumber(chosen.value.probability), ...excluded(chosen.value)].join(", ")})`;
    case "fixedTotalNumber":
      return `spiked.fixed_total_number(${[chosen.value.connections, ...excluded(chosen.value)].join(", ")})`;
    case "explicitPairs":
      return `spiked.explicit_pairs([${chosen.value.sources.join(", ")}], [${chosen.value.targets.join(", ")}])`;
    default:
      return "spiked.all_to_all()";
  }
}
