// Programs in Node that use Connect's own client, as it is.
import { fromBinary } from "@bufbuild/protobuf";
import { Code, type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { ErrorInfoSchema } from "../src/generated/spiked/_error_details_pb.ts";
import { SessionState } from "../src/generated/spiked/v1/session_pb.ts";
import { SimulationService } from "../src/generated/spiked/v1/simulation_service_pb.ts";
import { Server } from "./server.ts";

const server = new Server();
beforeAll(() => server.start());
afterAll(() => server.end());

describe.each(["binary", "JSON"])("in %s", (form) => {
  let simulation: Client<typeof SimulationService>;
  let session: string;
  // Of HTTP, by which it has been called.
  const methods: string[] = [];

  beforeAll(async () => {
    const transport = createConnectTransport({
      baseUrl: server.url,
      useBinaryFormat: form === "binary",
      useHttpGet: true,
      fetch: (input, init) => {
        methods.push(init!.method!);
        return fetch(input, init);
      },
      interceptors: [
        (next) => (request) => {
          request.header.set("Authorization", `Bearer ${server.token}`);
          return next(request);
        },
      ],
    });
    simulation = createClient(SimulationService, transport);
    session = (await simulation.createSession({ seed: 1n })).session!.name;
    const source = { case: "preset" as const, value: { name: "pong/rstdp" } };
    await simulation.createNetwork({ session, network: "net", source });
  });

  test("what has no side effects is asked by GET, and nothing else", async () => {
    methods.length = 0;
    const { network } = await simulation.getNetwork({ session, network: "net" });
    expect(network!.specification!.populations.length).toBeGreaterThan(1);
    await simulation.setInput({ session, inputs: [] });
    const refused = simulation.getSession({ session: "sessions/nöne" });
    await expect(refused).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect(methods).toEqual(["GET", "POST", "GET"]);
  });

  test("a session is stepped", async () => {
    const readout = { spikeCounts: ["net/motor"] };
    const { timeMs, spikeCounts } = await simulation.step({ session, durationMs: 200, readout });
    expect(timeMs).toBe(200);
    expect(spikeCounts[0]!.counts).toHaveLength(20);
  });

  test("a session is watched until one has seen enough", async () => {
    const times: number[] = [];
    const driven = (async () => {
      for (let k = 0; k < 5; ++k) await simulation.step({ session, durationMs: 200 });
    })();
    for await (const { timeMs } of simulation.watchSession({ session, maxRateHz: 50 })) {
      times.push(timeMs);
      if (timeMs === 1200) break;
    }
    await driven;
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  test("an error has its code and details", async () => {
    const refused = simulation.step({ session, durationMs: -1 });
    const error = await refused.then(() => undefined, ConnectError.from);
    expect(error?.code).toBe(Code.InvalidArgument);
    const [info] = error!.details as { type: string; value: Uint8Array }[];
    expect(info!.type).toBe("google.rpc.ErrorInfo");
    const { reason, metadata } = fromBinary(ErrorInfoSchema, info!.value);
    expect([reason, metadata["field"]]).toEqual(["INVALID_FIELD", "duration_ms"]);
  });

  test("a call that is given up stops", async () => {
    const longest = simulation.step({ session, durationMs: 86_400_000 }, { timeoutMs: 200 });
    await expect(longest.then(({ halted }) => halted).catch(({ code }) => code)).resolves.toSatisfy(
      (end) => end === true || end === Code.DeadlineExceeded,
    );
    await expect
      .poll(async () => (await simulation.getSession({ session })).session!.state)
      .toBe(SessionState.IDLE);
  });
});
