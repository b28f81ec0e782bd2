// Weights that a projection has transmitted, as a table in a file.
import { simulation } from "../api/client.ts";
import type { WeightRecord } from "../generated/spiked/v1/data_pb.ts";
import { download } from "../ui/download.ts";
import { countText } from "../ui/format.ts";

// What fits into a file that people open.
const MOST_ENTRIES = 2_000_000;

export async function saveWeightRecord(session: string, projection: string): Promise<void> {
  const lines = ["time_ms,source,target,weight_pA\n"];
  let count = 0;
  let pageToken = "";
  do {
    const answer = await simulation.getWeightRecord({ session, projection, pageToken });
    lines.push(linesOf(answer.record!));
    count += answer.record!.timesMs.length;
    pageToken = answer.nextPageToken;
  } while (pageToken !== "" && count < MOST_ENTRIES);
  download(`${projection.replace("/", "-")}.csv`, "text/csv", lines.join(""));
  if (pageToken !== "") {
    throw new Error(
      `The file has the first ${countText(count)} entries. Read all of them with the Python package: session.get_weight_record("${projection}").`,
    );
  }
}

export function linesOf({ timesMs, sources, targets, weights }: WeightRecord): string {
  return timesMs
    .map((time, k) => `${time},${sources[k]},${targets[k]},${weights[k]}\n`)
    .join("");
}
