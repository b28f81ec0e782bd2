// A new session with networks on it.
import type { MessageInitShape } from "@bufbuild/protobuf";

import type { Session } from "../generated/spiked/v1/session_pb.ts";
import type {
  CreateNetworkRequestSchema,
  CreateSessionRequestSchema,
} from "../generated/spiked/v1/simulation_service_pb.ts";
import { requestId, simulation } from "./client.ts";

type SessionInit = Exclude<
  MessageInitShape<typeof CreateSessionRequestSchema>,
  { $typeName: string }
>;
export type NetworkInit = Exclude<
  MessageInitShape<typeof CreateNetworkRequestSchema>,
  { $typeName: string }
>;

// Opens it and builds its networks, in this order. If one cannot be built, nothing is
// left.
export async function openSession(
  request: SessionInit,
  networks: readonly NetworkInit[],
): Promise<Session> {
  const { session } = await simulation.createSession({ ...request, requestId: requestId() });
  try {
    for (const network of networks) {
      await simulation.createNetwork({
        ...network,
        session: session!.name,
        requestId: requestId(),
      });
    }
  } catch (error) {
    await simulation.deleteSession({ session: session!.name }).catch(() => {});
    throw error;
  }
  return session!;
}

// A seed as it stands in a form; empty: the server draws one.
export function parseSeed(text: string): { seed?: bigint } {
  const trimmed = text.trim();
  if (trimmed === "") return {};
  if (!/^\d+$/.test(trimmed)) throw new Error("The seed has to be a whole number, or empty.");
  return { seed: BigInt(trimmed) };
}
