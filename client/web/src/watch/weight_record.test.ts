import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

import { WeightRecordSchema } from "../generated/spiked/v1/data_pb.ts";
import { linesOf } from "./weight_record.ts";

test("a line is an entry", () => {
  const record = create(WeightRecordSchema, {
    timesMs: [0.1, 2],
    sources: [3, 4],
    targets: [5, 6],
    weights: [-1.5, 20],
  });
  expect(linesOf(record)).toBe("0.1,3,5,-1.5\n2,4,6,20\n");
  expect(linesOf(create(WeightRecordSchema))).toBe("");
});
