import { create, toJsonString } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

import { NetworkSpecificationSchema } from "../generated/spiked/v1/network_pb.ts";
import { exampleDraft } from "./draft.ts";
import { openSpecification } from "./open.ts";
import { FieldErrors, toSpecification } from "./specification.ts";

const written = (draft: ReturnType<typeof exampleDraft>, useProtoFieldName = true) =>
  toJsonString(NetworkSpecificationSchema, toSpecification(draft, new FieldErrors()), {
    useProtoFieldName,
  });

test("what has been saved is opened as it was", () => {
  const draft = exampleDraft();
  draft.projections[0]!.weight = "lognormal(0, 1, min=0, max=5)";
  draft.projections[1]!.rule = "pairwise_bernoulli";
  draft.projections[1]!.ruleNumber = "0.1";
  draft.projections[2]!.autapses = false;
  draft.projections[3]!.rule = "fixed_total_number";
  draft.projections[3]!.ruleNumber = "12345";
  draft.populations[0]!.parameters = { V_th: "[-50]", V_m: "uniform(-70, -50)", E_L: "-inf" };
  draft.multimeters[0]!.neurons = "";
  draft.projections[4]!.rule = "explicit_pairs";
  draft.projections[4]!.ruleNumber = "0>1, 0>1, 5>2";
  draft.projections[4]!.sourceNeurons = "0-9 step 3";
  draft.projections[4]!.targetNeurons = "7, 5, 6";
  Object.assign(draft.projections[2]!, { record: true, recordLimit: "50", recordUntil: "100" });
  Object.assign(draft.populations[0]!, { recordFrom: "0" });
  Object.assign(draft.populations[1]!, { recordFrom: "10", recordUntil: "1e6", recordOrigin: "5" });
  Object.assign(draft.multimeters[0]!, { recordOrigin: "200" });
  draft.populations.push({ ...draft.populations[1]!, name: "m", model: "mirror", mirrored: "a/b" });
  for (const names of [true, false]) {
    const parts = openSpecification(written(draft, names));
    expect(written({ ...draft, ...parts })).toBe(written(draft));
  }
});

test("what the forms cannot show is told, and not lost", () => {
  const population = { name: "p", model: "parrot_neuron", size: 2 };
  const uneven = { kind: { case: "range" as const, value: { first: 1, count: 0 } } };
  const projection = { name: "pp", source: "p", target: "p", sourceNeurons: uneven };
  const text = toJsonString(
    NetworkSpecificationSchema,
    create(NetworkSpecificationSchema, { populations: [population], projections: [projection] }),
  );
  expect(() => openSpecification(text)).toThrow('"pp"');
  const named = JSON.stringify({ populations: [{ ...population, name: " p" }] });
  expect(() => openSpecification(named)).toThrow('" p"');
});

test("how something would be recorded that is not is no loss", () => {
  const population = { name: "p", model: "parrot_neuron", size: 2, recordLimit: 5 };
  const { populations } = openSpecification(JSON.stringify({ populations: [population] }));
  expect(populations[0]).toMatchObject({ record: false, recordLimit: "0" });
});

test.each(["", "[]", "null", '{"populatons": []}', '{"populations": [{"size": -1}]}'])(
  "%s is no specification",
  (text) => expect(() => openSpecification(text)).toThrow("no specification"),
);

test("a file without a population is told as such", () => {
  expect(() => openSpecification("{}")).toThrow("No population");
});
