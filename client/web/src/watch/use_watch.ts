// Watches a session for as long as somebody looks at the page.
import { useEffect, useRef, useState } from "preact/hooks";

import type { MessageInitShape } from "@bufbuild/protobuf";

import type { Problem } from "../api/errors.ts";
import { watch } from "../api/watch.ts";
import type { ReadoutSchema } from "../generated/spiked/v1/data_pb.ts";
import type { WatchSessionResponse } from "../generated/spiked/v1/simulation_service_pb.ts";
import { useVisible } from "../ui/visible.ts";

export type ReadoutInit = MessageInitShape<typeof ReadoutSchema>;

// `readout` undefined: nothing is watched. What ended the watch, if anything has.
export function useWatch(
  session: string,
  readout: ReadoutInit | undefined,
  maxRateHz: number,
  onFrame: (frame: WatchSessionResponse, readout: ReadoutInit) => void,
): Problem | undefined {
  const visible = useVisible();
  const [problem, setProblem] = useState<Problem>();
  const latest = useRef(onFrame);
  latest.current = onFrame;
  const key = JSON.stringify(readout);
  useEffect(() => {
    setProblem(undefined);
    if (!visible || !readout) return;
    const stop = new AbortController();
    void watch(
      { session, readout, maxRateHz },
      { frame: (frame) => latest.current(frame, readout), end: setProblem },
      stop.signal,
    );
    return () => stop.abort();
  }, [visible, session, key, maxRateHz]);
  return problem;
}
