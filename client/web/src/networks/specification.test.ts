import { expect, test } from "vitest";

import { exampleDraft, newPopulation, newProjection, withPopulation } from "./draft.ts";
import { pythonScript } from "./python.ts";
import { FieldErrors, toSpecification } from "./specification.ts";

test("the example is a whole specification", () => {
  const errors = new FieldErrors();
  const specification = toSpecification(exampleDraft(), errors);
  expect(errors.size).toBe(0);
  expect(specification.populations.map(({ name, size }) => [name, size])).toEqual([
    ["E", 800],
    ["I", 200],
    ["drive", 1],
  ]);
  expect(specification.projections[2]!.rule!.rule).toMatchObject({
    case: "fixedIndegree",
    value: { indegree: 80 },
  });
});

test("what cannot be read is told by its path, as the server's errors are", () => {
  const draft = exampleDraft();
  draft.populations[0]!.size = "none";
  draft.populations[1]!.parameters = { V_th: "high" };
  draft.projections[2]!.ruleNumber = "";
  const errors = new FieldErrors();
  toSpecification(draft, errors);
  expect(errors.at("populations[0].size")).toContain("whole number");
  expect(errors.at("populations[1].parameters[V_th]")).toContain("no number");
  expect(errors.at("projections[2].rule")).toContain("whole number");
  expect(errors.at("populations[1].size")).toBeUndefined();
  errors.add("specification.projections[0].weight.distribution.normal.std", "at least 0");
  expect(errors.at("projections[0].weight")).toBe("at least 0");
});

test("new parts have names that are free", () => {
  const first = newPopulation([]);
  expect(newPopulation([first]).name).not.toBe(first.name);
  const projection = newProjection([], "a", "b");
  expect(newProjection([projection], "a", "b").name).toBe("a_b_2");
});

test("the script says all that differs from the defaults", () => {
  const script = pythonScript("cortex", "1", toSpecification(exampleDraft(), new FieldErrors()));
  expect(script).toContain("session = client.create_session(seed=1)");
  expect(script).toContain('"E",\n    "iaf_psc_exp",\n    800,\n    parameters={"V_th": -50}');
  expect(script).toContain("spiked.fixed_indegree(80)");
  expect(script).toContain("weight=spiked.normal(20, 2)");
  expect(script).toContain('"voltmeter",\n    "E",\n    ["V_m"],\n    interval=1');
  expect(script).toContain("neurons=range(0, 5)");
});

test("the script says what is recorded, of whom and when", () => {
  const draft = exampleDraft();
  Object.assign(draft.populations[0]!, { recordFrom: "10", recordOrigin: "5" });
  Object.assign(draft.projections[2]!, {
    record: true,
    recordLimit: "50",
    recordUntil: "100",
    sourceNeurons: "0-9",
    targetNeurons: "3",
  });
  draft.projections[3]!.rule = "explicit_pairs";
  draft.projections[3]!.ruleNumber = "0>1, 2>3";
  draft.populations.push({ ...newPopulation([]), model: "mirror", mirrored: "a/b" });
  const script = pythonScript("n", "", toSpecification(draft, new FieldErrors()));
  for (const part of [
    "record_spikes=True,\n    record_limit=100000,\n    record_start=10,\n    record_origin=5,",
    "source_neurons=range(0, 10),\n    target_neurons=[3],\n    record_weights=True,",
    "    record_limit=50,\n    record_stop=100,",
    "spiked.explicit_pairs([0, 2], [1, 3])",
    'mirrored="a/b"',
  ]) {
    expect(script).toContain(part);
  }
});

test("times and neurons that cannot be read are told beside their fields", () => {
  const draft = exampleDraft();
  draft.populations[0]!.recordUntil = "soon";
  draft.projections[0]!.sourceNeurons = "first";
  draft.projections[1]!.rule = "explicit_pairs";
  draft.projections[1]!.ruleNumber = "0-1";
  const errors = new FieldErrors();
  toSpecification(draft, errors);
  expect(errors.at("populations[0].record_window.stop_ms")).toContain("no number");
  expect(errors.at("projections[0].source_neurons")).toContain("0-4");
  expect(errors.at("projections[1].rule")).toContain("source>target");
});

test("what names a population follows its name", () => {
  const draft = exampleDraft();
  const renamed = withPopulation(draft, 0, { ...draft.populations[0]!, name: "pyramidal" });
  const { projections, multimeters } = toSpecification(renamed, new FieldErrors());
  expect(projections.flatMap(({ source, target }) => [source, target])).not.toContain("E");
  expect(multimeters[0]!.population).toBe("pyramidal");
});
