// Numbers in rows and columns, as a heat map shows them.

export interface Matrix {
  rows: number;
  columns: number;
  // Row-major. Not a number: there is nothing.
  values: ArrayLike<number>;
}

export function flat(rows: readonly (readonly number[])[]): Matrix {
  return { rows: rows.length, columns: rows[0]?.length ?? 0, values: rows.flat() };
}

// The least and the greatest of the numbers that are there.
export function rangeOf({ values }: Matrix): [number, number] | undefined {
  let low = Infinity;
  let high = -Infinity;
  for (let k = 0; k < values.length; ++k) {
    const value = values[k]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}

export function meanOf({ values }: Matrix): number {
  let sum = 0;
  let count = 0;
  for (let k = 0; k < values.length; ++k) {
    if (Number.isNaN(values[k]!)) continue;
    sum += values[k]!;
    ++count;
  }
  return sum / count;
}

// Connections of any kind as a matrix, source by target, of no more than `most` rows
// and columns: entries are means over the connections that fall into them.
export function binned(
  connections: {
    rows: number;
    columns: number;
    // Empty: all to all, row-major.
    sources: readonly number[];
    targets: readonly number[];
    weights: readonly number[];
  },
  most: number,
): Matrix {
  const { sources, targets, weights } = connections;
  const rows = Math.min(connections.rows, most);
  const columns = Math.min(connections.columns, most);
  const sums = new Float64Array(rows * columns);
  const counts = new Uint32Array(rows * columns);
  const dense = sources.length === 0;
  for (let k = 0; k < weights.length; ++k) {
    const source = dense ? Math.floor(k / connections.columns) : sources[k]!;
    const target = dense ? k % connections.columns : targets[k]!;
    const row = Math.floor((source * rows) / connections.rows);
    const column = Math.floor((target * columns) / connections.columns);
    sums[row * columns + column]! += weights[k]!;
    ++counts[row * columns + column]!;
  }
  for (let k = 0; k < sums.length; ++k) sums[k] = counts[k]! > 0 ? sums[k]! / counts[k]! : NaN;
  return { rows, columns, values: sums };
}
