// What the server makes of a network that is being composed.
import { simulation } from "../api/client.ts";
import { openSession, parseSeed } from "../api/open_session.ts";
import { Durability } from "../generated/spiked/v1/session_pb.ts";
import type { NetworkSize, NetworkSpecification } from "../generated/spiked/v1/network_pb.ts";

// Checks it, and tells how large it would be. Nothing is built.
export async function validate(
  name: string,
  specification: NetworkSpecification,
): Promise<NetworkSize | undefined> {
  // A network is checked within a session: one that nobody sees for long.
  const { session } = await simulation.createSession({
    displayName: "to check a network",
    ttl: { seconds: 60n },
    durability: Durability.NONE,
  });
  try {
    const { network } = await simulation.createNetwork({
      session: session!.name,
      network: name,
      source: { case: "specification", value: specification },
      validateOnly: true,
    });
    return network?.size;
  } finally {
    await simulation.deleteSession({ session: session!.name }).catch(() => {});
  }
}

// Builds it in a session of its own, whose name is returned.
export async function build(
  name: string,
  seed: string,
  specification: NetworkSpecification,
): Promise<string> {
  const source = { case: "specification" as const, value: specification };
  const request = { displayName: name, ...parseSeed(seed) };
  return (await openSession(request, [{ network: name, source }])).name;
}
