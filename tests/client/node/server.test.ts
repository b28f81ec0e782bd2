// The client against a real server: $SPIKED_BINARY, and $SPIKED_PONG_BINARY for
// comparison.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import { status } from "@grpc/grpc-js";

import { SpikedError } from "../src/error.js";
import { Client, type Session, simulation, struct } from "../src/spiked.js";

const binary = process.env["SPIKED_BINARY"];
const reference = process.env["SPIKED_PONG_BINARY"];
const skip = binary && reference ? false : "SPIKED_BINARY and SPIKED_PONG_BINARY are not set";

const pong = fileURLToPath(new URL("../src/pong.js", import.meta.url));
// The program in the README, which run.sh has put there.
const readme = fileURLToPath(new URL("../src/readme.js", import.meta.url));
// A biological day, which no machine simulates while a test waits.
const DAY_MS = 86_400_000;

const fails = (code: status, reason: string) => (error: unknown) => {
  assert.ok(error instanceof SpikedError, String(error));
  assert.equal(error.code, code, error.message);
  assert.equal(error.reason, reason);
  return true;
};

describe("with a server", { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), "spiked-node-"));
  const address = `unix:${directory}/s`;
  let server: ChildProcess;
  let client: Client;

  async function start(): Promise<void> {
    server = spawn(binary!, ["--listen", address, "--log-level", "warn"], { stdio: "inherit" });
    client = await Client.connect(address, 30_000);
  }

  async function kill(): Promise<void> {
    server.kill("SIGKILL");
    await once(server, "exit");
  }

  // A session with a network in which something is going on.
  async function playing(): Promise<Session> {
    const session = await client.createSession();
    const options = struct({ noise: true });
    await session.createNetwork({ network: "net", preset: { name: "pong/rstdp", options } });
    return session;
  }

  before(start);
  after(async () => {
    client.close();
    await kill();
    rmSync(directory, { recursive: true });
  });

  test("the record of a match is that of spiked-pong, byte for byte", () => {
    const file = (name: string) => join(directory, name);
    for (const [players, seed, more] of [
      ["rn,r", "1", []],
      ["d,dn", "18446744073709551615", ["--unary"]],
    ] as const) {
      const match = ["--server", address, "--players", players, "--polls", "120", "--seed", seed];
      const record = ["--record-weights", "50", "--record"];
      execFileSync(reference!, [...match, "--plain", ...record, file("expected")]);
      execFileSync(process.execPath, [pong, ...match, ...more, ...record, file("record")]);
      assert.ok(readFileSync(file("record")).equals(readFileSync(file("expected"))), players);
    }
  });

  test("the program in the README counts the spikes of twenty neurons", () => {
    const env = { ...process.env, SPIKED_SERVER: address };
    const output = execFileSync(process.execPath, [readme], { env, encoding: "utf8" });
    assert.equal(output.match(/'\d+'/g)?.length, 20, output);
  });

  test("a match ends in order on Ctrl-C", async () => {
    const match = spawn(process.execPath, [pong, "--server", address, "--polls", "1000000000"]);
    let output = "";
    match.stdout.on("data", (text) => (output += text));
    const sessions = async () => (await client.call(simulation.ListSessions, {})).sessions;
    const played = async () => (await sessions()).some(({ timeMs }) => timeMs > 0);
    while (!(await played())) await new Promise((resolve) => setTimeout(resolve, 10));
    match.kill("SIGINT");
    assert.deepEqual(await once(match, "exit"), [0, null]);
    assert.match(output, /^\d+ polls in /);
    assert.deepEqual(await sessions(), []);
  });

  test("seeds of 64 bits arrive whole", async () => {
    const session = await client.createSession({ seed: 18446744073709551557n });
    assert.equal((await session.get()).seed, "18446744073709551557");
    await session.delete();
  });

  test("an error tells reason and field", async () => {
    const session = await playing();
    await assert.rejects(session.step({ durationMs: 0.05 }), (error) => {
      fails(status.INVALID_ARGUMENT, "INVALID_FIELD")(error);
      assert.equal((error as SpikedError).fields[0]?.field, "duration_ms");
      return true;
    });
    await assert.rejects(
      session.step({ durationMs: 1, readout: { spikes: ["net/nobody"] } }),
      fails(status.INVALID_ARGUMENT, "INVALID_FIELD"),
    );
    await session.delete();
    await assert.rejects(session.get(), fails(status.NOT_FOUND, "NOT_FOUND"));
  });

  test("what is mistyped is refused", async () => {
    const session = await playing();
    // The compiler refuses these, too: hence the casts.
    const step = { duration: 1 } as never;
    await assert.rejects(session.step(step), fails(status.INVALID_ARGUMENT, "INVALID_FIELD"));
    const preset = { name: "pong/rstdp", options: { num_neurons: 3 } as never };
    const network = session.createNetwork({ network: "other", preset });
    await assert.rejects(network, fails(status.INVALID_ARGUMENT, "INVALID_FIELD"));
    await session.delete();
  });

  test("a stream answers steps in order and ends with the first error", async () => {
    const session = await playing();
    const stream = session.stream();
    const answers = await Promise.all([1, 2, 3].map((durationMs) => stream.step({ durationMs })));
    assert.deepEqual(
      answers.map(({ timeMs }) => timeMs),
      [1, 3, 6],
    );
    const late = { durationMs: 1, expectedTimeMs: 5 };
    await assert.rejects(stream.step(late), fails(status.ABORTED, "TIME_MISMATCH"));
    await assert.rejects(stream.step({ durationMs: 1 }), fails(status.ABORTED, "TIME_MISMATCH"));
    assert.equal((await session.get()).timeMs, 6);
    await session.delete();
  });

  test("a stream that is closed takes no more steps", async () => {
    const session = await playing();
    const stream = session.stream();
    await stream.step({ durationMs: 1 });
    stream.close();
    await assert.rejects(stream.step({ durationMs: 1 }), fails(status.FAILED_PRECONDITION, ""));
    await session.delete();
  });

  test("a deadline halts a step and leaves the session usable", async () => {
    const session = await playing();
    const long = session.step({ durationMs: DAY_MS }, { timeoutMs: 100 });
    // Whichever comes first: the waiting ends here, or the server, which has stopped, answers.
    const ended = await long.then(
      ({ halted }) => halted,
      (error) => (error as SpikedError).code === status.DEADLINE_EXCEEDED,
    );
    assert.ok(ended);
    const { timeMs } = await session.step({ durationMs: 1 });
    assert.ok(timeMs < DAY_MS);
    await session.delete();
  });

  test("an abort signal halts a step, too", async () => {
    const session = await playing();
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 50);
    const long = session.step({ durationMs: DAY_MS }, { signal: abort.signal });
    await assert.rejects(long, (error) => (error as SpikedError).code === status.CANCELLED);
    assert.ok((await session.step({ durationMs: 1 })).timeMs < DAY_MS);
    await session.delete();
  });

  test("a halted step tells how far it came", async () => {
    const session = await playing();
    const long = session.stream().step({ durationMs: DAY_MS });
    while (!(await session.halt())) await new Promise((resolve) => setTimeout(resolve, 5));
    const { halted, timeMs } = await long;
    assert.ok(halted);
    assert.ok(timeMs < DAY_MS);
    assert.equal((await session.get()).timeMs, timeMs);
    await session.delete();
  });

  test("nobody at an address is told as such", async () => {
    const nobody = `unix:${directory}/nobody`;
    await assert.rejects(Client.connect(nobody, 200), (error) => {
      assert.equal((error as SpikedError).code, status.UNAVAILABLE);
      assert.ok((error as SpikedError).message.includes(nobody));
      return true;
    });
  });

  test("a restart of the server is noticed", async () => {
    const session = await playing();
    assert.ok(!session.lost);
    await kill();
    await assert.rejects(session.get(), fails(status.UNAVAILABLE, ""));
    const old = client;
    await start();
    // The old connection finds the new server when its time to wait is over.
    let error: unknown;
    do {
      error = await session.step({ durationMs: 1 }).catch((e: unknown) => e);
    } while (error instanceof SpikedError && error.code === status.UNAVAILABLE);
    fails(status.NOT_FOUND, "NOT_FOUND")(error);
    assert.ok(session.lost);
    old.close();
  });
});
