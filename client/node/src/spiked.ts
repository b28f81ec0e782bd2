// A client of a spiked server: calls with errors and deadlines, and a stream of
// steps. Messages are plain objects, with types generated from the contract.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import * as grpc from "@grpc/grpc-js";
import * as loader from "@grpc/proto-loader";

import { SpikedError } from "./error.js";
import type { ProtoGrpcType as Catalog } from "./generated/catalog_service.js";
import type { Struct } from "./generated/google/protobuf/Struct.js";
import type { ProtoGrpcType as Simulation } from "./generated/simulation_service.js";
import type { CreateNetworkRequest } from "./generated/spiked/v1/CreateNetworkRequest.js";
import type { CreateSessionRequest } from "./generated/spiked/v1/CreateSessionRequest.js";
import type { GetServerInfoResponse__Output } from "./generated/spiked/v1/GetServerInfoResponse.js";
import type { Network__Output } from "./generated/spiked/v1/Network.js";
import type { Session__Output } from "./generated/spiked/v1/Session.js";
import type { StepRequest } from "./generated/spiked/v1/StepRequest.js";
import type { StepResponse__Output } from "./generated/spiked/v1/StepResponse.js";
import type { StepStreamRequest } from "./generated/spiked/v1/StepStreamRequest.js";
import type { StepStreamResponse__Output } from "./generated/spiked/v1/StepStreamResponse.js";

// Where the contract lies, seen from the compiled file.
const PROTO = fileURLToPath(new URL("../../../../proto", import.meta.url));

// The same choices as in the command that generates the types (package.json).
// 64-bit numbers are strings, since a number of JavaScript holds but 53 bits.
const contract = grpc.loadPackageDefinition(
  loader.loadSync(["spiked/v1/simulation_service.proto", "spiked/v1/catalog_service.proto"], {
    includeDirs: [PROTO],
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  }),
) as unknown as Simulation & Catalog;

export const simulation = contract.spiked.v1.SimulationService.service;
export const catalog = contract.spiked.v1.CatalogService.service;

// The address that people mean who name none: $SPIKED_SERVER, or else this
// user's own server.
export function defaultAddress(): string {
  if (process.env["SPIKED_SERVER"]) return process.env["SPIKED_SERVER"];
  const directory = process.env["XDG_RUNTIME_DIR"] || `/tmp/spiked-${process.getuid?.()}`;
  return `unix:${directory}/spiked.sock`;
}

// What says who is calling a server at that address: nothing at a Unix socket; over
// TCP $SPIKED_TOKEN, or else, for a server on this machine, the token that this
// user's own server keeps for its clients.
export function defaultToken(address: string): string {
  if (address.startsWith("unix:")) return "";
  if (process.env["SPIKED_TOKEN"]) return process.env["SPIKED_TOKEN"];
  // No other machine is to learn this user's own.
  if (!/^(127\.[\d.]+|localhost|\[::1\]):\d+$/.test(address)) return "";
  const state = process.env["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  try {
    const file = process.env["SPIKED_TOKEN_FILE"] || join(state, "spiked", "token");
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}

// The options of a preset as the contract wants them. A plain object in place
// of a Struct would lose its values without a word.
export function struct(values: Record<string, boolean | number | string>): Struct {
  const wrap = (value: boolean | number | string) => {
    if (typeof value === "boolean") return { boolValue: value };
    return typeof value === "number" ? { numberValue: value } : { stringValue: value };
  };
  return {
    fields: Object.fromEntries(Object.entries(values).map(([name, v]) => [name, wrap(v)])),
  };
}

export interface CallOptions {
  // Wall time in ms after which the call is given up. A step that is given up
  // is halted by the server.
  timeoutMs?: number;
  // Gives the call up when it is aborted.
  signal?: AbortSignal;
}

const CALL_TIMEOUT_MS = 60_000;

// A connection to a server. Its calls fail with SpikedError.
export class Client {
  readonly address: string;
  // The server's instance according to its last answer. It is drawn anew when a
  // server starts: a change means that the server has restarted.
  instance = "";

  #channel: grpc.Client;
  #token: string;

  private constructor(address: string) {
    this.address = address;
    this.#token = defaultToken(address);
    this.#channel = new grpc.Client(address, grpc.credentials.createInsecure(), {
      // What is large is large because it was asked for.
      "grpc.max_receive_message_length": -1,
      // A server that is just starting is found soon.
      "grpc.initial_reconnect_backoff_ms": 100,
      "grpc.max_reconnect_backoff_ms": 1000,
      // A step may take hours: pings tell a slow server from one that is gone.
      // Less often than every 5 minutes, which any server or proxy allows.
      "grpc.keepalive_time_ms": 330_000,
      "grpc.keepalive_timeout_ms": 20_000,
    });
  }

  // Connects to `unix:/path` or `host:port`, and waits until a server answers,
  // for at most `timeoutMs`.
  static async connect(address = defaultAddress(), timeoutMs = 5000): Promise<Client> {
    const client = new Client(address);
    try {
      await new Promise<void>((resolve, reject) =>
        client.#channel.waitForReady(Date.now() + timeoutMs, (e) => (e ? reject(e) : resolve())),
      );
      await client.info();
    } catch (error) {
      client.close();
      if (error instanceof SpikedError) throw error;
      throw new SpikedError(grpc.status.UNAVAILABLE, `no spiked server answers at ${address}`);
    }
    return client;
  }

  close(): void {
    this.#channel.close();
  }

  // One call of the contract, such as call(simulation.GetSession, {session}).
  call<Request, Response, RequestOutput, ResponseInput>(
    method: loader.MethodDefinition<Request, ResponseInput, RequestOutput, Response>,
    request: Request,
    { timeoutMs = CALL_TIMEOUT_MS, signal }: CallOptions = {},
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const call = this.#channel.makeUnaryRequest<Request, Response>(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        this.#metadata(),
        // An infinite deadline is none.
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          signal?.removeEventListener("abort", cancel);
          if (error) reject(SpikedError.from(error));
          else resolve(response!);
        },
      );
      call.on("metadata", (metadata: grpc.Metadata) => this.noteInstance(metadata));
      const cancel = () => call.cancel();
      if (signal?.aborted) cancel();
      signal?.addEventListener("abort", cancel);
    });
  }

  // Version, instance and limits of the server.
  info(): Promise<GetServerInfoResponse__Output> {
    return this.call(catalog.GetServerInfo, {});
  }

  // Opens a session. A seed above 2^53 must be a bigint or a string.
  async createSession({
    seed,
    ...request
  }: Omit<CreateSessionRequest, "seed"> & { seed?: bigint | string } = {}): Promise<Session> {
    const answer = await this.call(simulation.CreateSession, {
      ...request,
      ...(seed === undefined ? {} : { seed: String(seed) }),
    });
    return new Session(this, answer.session!.name);
  }

  openStream(): grpc.ClientDuplexStream<StepStreamRequest, StepStreamResponse__Output> {
    const { path, requestSerialize, responseDeserialize } = simulation.StepStream;
    const call = this.#channel.makeBidiStreamRequest<StepStreamRequest, StepStreamResponse__Output>(
      path,
      requestSerialize,
      responseDeserialize,
      this.#metadata(),
    );
    call.on("metadata", (metadata: grpc.Metadata) => this.noteInstance(metadata));
    return call;
  }

  // What goes along with every call.
  #metadata(): grpc.Metadata {
    const metadata = new grpc.Metadata();
    if (this.#token) metadata.set("authorization", `Bearer ${this.#token}`);
    return metadata;
  }

  private noteInstance(metadata: grpc.Metadata): void {
    const [instance] = metadata.get("spiked-instance");
    if (instance !== undefined) this.instance = String(instance);
  }
}

// A handle on a session; dropping it leaves the session on the server alone.
export class Session {
  readonly client: Client;
  // `sessions/{id}`.
  readonly name: string;
  readonly #instance: string;

  constructor(client: Client, name: string) {
    this.client = client;
    this.name = name;
    this.#instance = client.instance;
  }

  // Whether the server has restarted since the session was opened, and the
  // session with it: it must be opened anew.
  get lost(): boolean {
    return this.client.instance !== this.#instance;
  }

  async get(): Promise<Session__Output> {
    return (await this.client.call(simulation.GetSession, { session: this.name })).session!;
  }

  async createNetwork(request: CreateNetworkRequest): Promise<Network__Output> {
    const named = { ...request, session: this.name };
    return (await this.client.call(simulation.CreateNetwork, named)).network!;
  }

  // Lets time pass. A step takes as long as it takes unless a timeout is set;
  // it is halted when it is over, or when the signal is aborted.
  step(request: StepRequest, options: CallOptions = {}): Promise<StepResponse__Output> {
    const named = { ...request, session: this.name };
    return this.client.call(simulation.Step, named, { timeoutMs: Infinity, ...options });
  }

  // Opens a stream of steps: the fastest way to close a loop.
  stream(): StepStream {
    return new StepStream(this.client.openStream(), this.name);
  }

  // Stops the step that is running, which then answers with how far it came.
  // Tells whether one was.
  async halt(): Promise<boolean> {
    return (await this.client.call(simulation.HaltSession, { session: this.name })).stepping;
  }

  async delete(): Promise<void> {
    await this.client.call(simulation.DeleteSession, { session: this.name });
  }
}

// Steps of one session over one open stream. Several may be under way; answers
// come in order. An error ends the stream: every later step fails with it.
export class StepStream {
  #call: grpc.ClientDuplexStream<StepStreamRequest, StepStreamResponse__Output>;
  #session: string;
  #waiting: { resolve(answer: StepResponse__Output): void; reject(error: Error): void }[] = [];
  #end: Error | undefined;

  constructor(
    call: grpc.ClientDuplexStream<StepStreamRequest, StepStreamResponse__Output>,
    session: string,
  ) {
    this.#call = call;
    this.#session = session;
    call.on("data", (answer) => this.#waiting.shift()?.resolve(answer.step!));
    call.on("error", (error: grpc.ServiceError) => this.#fail(SpikedError.from(error)));
    // A stream that ends well although an answer is due was ended by the server.
    call.on("end", () =>
      this.#fail(new SpikedError(grpc.status.UNAVAILABLE, "the server closed the stream of steps")),
    );
  }

  step(request: StepRequest): Promise<StepResponse__Output> {
    if (this.#end) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#call.write({ step: { ...request, session: this.#session } });
    });
  }

  // Closes the stream in order: it takes no more steps.
  close(): void {
    this.#end ??= new SpikedError(grpc.status.FAILED_PRECONDITION, "the stream of steps is closed");
    this.#call.end();
  }

  // Breaks steps off; they fail with CANCELLED.
  cancel(): void {
    this.#call.cancel();
  }

  #fail(error: Error): void {
    this.#end ??= error;
    for (const { reject } of this.#waiting.splice(0)) reject(this.#end);
  }
}
