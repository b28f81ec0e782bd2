// The weights of a projection, now and before.
import { useRef, useState } from "preact/hooks";

import type { Weights } from "../generated/spiked/v1/data_pb.ts";
import type { Population, Projection } from "../generated/spiked/v1/network_pb.ts";
import { Curves } from "../plots/curves.ts";
import { HeatMap } from "../plots/heat_map.ts";
import { binned, meanOf, type Matrix, rangeOf } from "../plots/matrix.ts";
import { Plot } from "../plots/plot.tsx";
import { History, Series } from "../plots/series.ts";
import { tickText } from "../plots/axis.ts";
import { Slider } from "../ui/fields.tsx";
import { timeText } from "../ui/format.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { useWatch } from "./use_watch.ts";

// Weights change slowly, and are large.
const RATE_HZ = 2;
const MOST_CELLS = 100;

interface Props {
  session: string;
  network: string;
  projection: Projection;
  source: Population;
  target: Population;
}

export function WeightsPanel({ session, network, projection, source, target }: Props) {
  const name = `${network}/${projection.name}`;
  const plots = useRef({
    map: new HeatMap({ x: `to ${projection.target}`, y: `from ${projection.source}`, unit: "pA" }),
    mean: new Curves({ x: "ms", y: "mean, pA" }),
    series: new Series(),
    history: new History<Matrix>(),
  }).current;
  // Which of the snapshots is shown; undefined: the latest.
  const [chosen, setChosen] = useState<number>();
  const [count, setCount] = useState(0);

  const take = (weights: Weights, timeMs: number) => {
    const { sources, targets, weights: values, shape } = weights;
    // A matrix may be of some of the neurons only.
    const { rows, columns } = shape ?? { rows: source.size, columns: target.size };
    const matrix = binned({ rows, columns, sources, targets, weights: values }, MOST_CELLS);
    plots.history.add(timeMs, matrix);
    plots.series.add(timeMs, meanOf(matrix));
    plots.mean.show([{ name: "mean weight", colour: 0, points: plots.series.points }]);
    if (chosen === undefined) plots.map.show(matrix);
    setCount(plots.history.entries.length);
  };
  const problem = useWatch(session, { weights: [name] }, RATE_HZ, (frame) => {
    const [weights] = frame.weights;
    if (weights) take(weights, frame.timeMs);
  });
  const show = (k: number) => {
    const last = count - 1;
    setChosen(k >= last ? undefined : k);
    plots.map.show(plots.history.entries[k]!.value);
  };

  const at = Math.min(chosen ?? count - 1, count - 1);
  const entry = plots.history.entries[at];
  const range = entry && rangeOf(entry.value);
  const told = range ? `, from ${tickText(range[0])} to ${tickText(range[1])} pA` : "";
  return (
    <>
      <ProblemNote problem={problem} />
      <Plot drawing={plots.map} label={`Weights of ${name}${told}`} class="square" />
      <Slider
        label="History"
        min={0}
        max={Math.max(count - 1, 0)}
        value={Math.max(at, 0)}
        text={entry ? `${timeText(entry.time)}${chosen === undefined ? " (now)" : ""}` : "none yet"}
        onValue={show}
        disabled={count < 2}
      />
      <Plot drawing={plots.mean} label={`Mean weight of ${name} over time${told}`} class="low" />
    </>
  );
}
