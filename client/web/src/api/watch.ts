// A session watched: frames, for as long as it is there. A connection that is lost
// is found again.
import type { MessageInitShape } from "@bufbuild/protobuf";

import {
  SimulationService,
  type WatchSessionRequestSchema,
  type WatchSessionResponse,
} from "../generated/spiked/v1/simulation_service_pb.ts";
import { Backoff, wait } from "./backoff.ts";
import { explain, isLost, type Problem } from "./errors.ts";
import { Socket } from "./socket.ts";

export interface WatchEvents {
  frame(frame: WatchSessionResponse): void;
  // It is over: the session has gone, or may be watched no more.
  end(problem: Problem): void;
}

// Watches until `signal` is aborted.
export async function watch(
  request: MessageInitShape<typeof WatchSessionRequestSchema>,
  events: WatchEvents,
  signal: AbortSignal,
): Promise<void> {
  const backoff = new Backoff();
  while (!signal.aborted) {
    const problem = await once(request, events, backoff, signal);
    if (signal.aborted) return;
    if (!isLost(problem)) return events.end(problem);
    await wait(backoff.next(), signal);
  }
}

// One connection, until it ends.
function once(
  request: MessageInitShape<typeof WatchSessionRequestSchema>,
  events: WatchEvents,
  backoff: Backoff,
  signal: AbortSignal,
): Promise<Problem> {
  return new Promise((resolve) => {
    const close = () => socket.close();
    const socket = new Socket(SimulationService.method.watchSession, {
      message(frame) {
        backoff.reset();
        if (!signal.aborted) events.frame(frame);
      },
      end(error) {
        signal.removeEventListener("abort", close);
        resolve(explain(error ?? new Error("the session is watched no more")));
      },
    });
    signal.addEventListener("abort", close);
    socket.send(request);
  });
}
