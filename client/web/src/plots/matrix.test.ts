import { expect, test } from "vitest";

import { binned, flat, meanOf, rangeOf } from "./matrix.ts";

test("a small dense matrix stays as it is", () => {
  const dense = { rows: 2, columns: 3, sources: [], targets: [], weights: [1, 2, 3, 4, 5, 6] };
  expect([...(binned(dense, 10).values as Float64Array)]).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a large one is told by means", () => {
  const dense = {
    rows: 2,
    columns: 4,
    sources: [],
    targets: [],
    weights: [1, 3, 5, 7, 1, 3, 5, 7],
  };
  const matrix = binned(dense, 2);
  expect([matrix.rows, matrix.columns]).toEqual([2, 2]);
  expect([...(matrix.values as Float64Array)]).toEqual([2, 6, 2, 6]);
});

test("where nothing is connected there is no number", () => {
  const sparse = {
    rows: 2,
    columns: 2,
    sources: [0, 0, 1],
    targets: [1, 1, 0],
    weights: [1, 3, 8],
  };
  const matrix = binned(sparse, 10);
  expect([...(matrix.values as Float64Array)]).toEqual([NaN, 2, 8, NaN]);
  expect(rangeOf(matrix)).toEqual([2, 8]);
  expect(meanOf(matrix)).toBe(5);
});

test("a matrix without numbers has no range", () => {
  expect(rangeOf(flat([]))).toBeUndefined();
});
