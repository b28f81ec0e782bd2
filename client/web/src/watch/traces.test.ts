import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

import { ModelSchema } from "../generated/spiked/v1/catalog_service_pb.ts";
import { NetworkSpecificationSchema } from "../generated/spiked/v1/network_pb.ts";
import { Catalogue } from "../networks/catalogue.ts";
import { keyOf, traced } from "./traces.ts";

const specification = create(NetworkSpecificationSchema, {
  populations: [{ name: "E", model: "iaf_psc_exp", size: 100 }],
  multimeters: [
    {
      name: "some",
      population: "E",
      variables: ["V_m", "odd"],
      neurons: { kind: { case: "range", value: { first: 10, count: 3, step: 5 } } },
    },
    { name: "all", population: "E", variables: ["I_syn_ex"] },
  ],
});
const recordables = [
  { name: "V_m", unit: "mV" },
  { name: "I_syn_ex", unit: "pA" },
  { name: "odd", unit: "" },
];
const catalogue = new Catalogue([create(ModelSchema, { name: "iaf_psc_exp", recordables })]);

test("each variable has the unit of its model", () => {
  const all = traced([["net", specification]], catalogue);
  expect(all.map(({ text }) => text)).toEqual(["V_m, mV", "odd", "I_syn_ex, pA"]);
  expect(all.map(keyOf)).toEqual(["net/some V_m", "net/some odd", "net/all I_syn_ex"]);
});

test("without a catalogue there are no units", () => {
  expect(traced([["net", specification]], undefined)[0]!.text).toBe("V_m");
});

test("neurons are those of the population", () => {
  const [some, , all] = traced([["net", specification]], catalogue);
  expect([0, 1, 2].map((place) => some!.neuronAt(place))).toEqual([10, 15, 20]);
  expect(all!.neuronAt(2)).toBe(2);
});
