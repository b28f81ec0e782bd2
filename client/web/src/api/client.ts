// The services of the server, by Connect's protocol.
import { createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

import { AccessService, type Account } from "../generated/spiked/v1/access_service_pb.ts";
import { CatalogService } from "../generated/spiked/v1/catalog_service_pb.ts";
import { SimulationService } from "../generated/spiked/v1/simulation_service_pb.ts";
import { noticing } from "./connection.ts";

const transport = createConnectTransport({
  baseUrl: globalThis.location?.origin ?? "http://localhost",
  useBinaryFormat: true,
  interceptors: [noticing],
});

export const simulation = createClient(SimulationService, transport);
export const catalog = createClient(CatalogService, transport);
export const access = createClient(AccessService, transport);

export async function whoAmI(): Promise<Account> {
  const { account } = await access.getCaller({}, { timeoutMs: 5000 });
  return account!;
}

// Names a request, so that it can be sent again without being carried out twice.
export function requestId(): string {
  // As crypto.randomUUID does, which encrypted pages alone have.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
