// Two spiking networks on a spiked server play pong against each other. The
// record is that of spiked-pong, byte for byte.
import { appendFileSync, openSync } from "node:fs";
import { parseArgs } from "node:util";

import { motorCounts, playerPreset, playerWeights, pollRequest } from "./exchange.js";
import { Match, PLAYER_KINDS, type PlayerKind, SIDES } from "./rules.js";
import { Client, defaultAddress, type Session } from "./spiked.js";

const HELP = `Usage: npm run pong -- [options]

  --server ADDR         unix:/path or host:port (default: ${defaultAddress()})
  --players LEFT,RIGHT  any two of r, rn, d, dn (default: rn,r)
  --polls N             length of the match in polls of 200 ms (default: 2000)
  --seed N              seed of all that is random (default: 1)
  --num-neurons N       motor neurons of a player (default: 20)
  --record FILE         write one JSON line for each poll
  --record-weights N    with the weights of every N-th poll
  --unary               one call a poll, in place of a stream for all
`;

interface Options {
  polls: number;
  recordWeights: number;
  unary: boolean;
  // A file that is open for writing.
  record: number | undefined;
}

// Plays in a session that is still at time 0, until all polls are played or
// `stop` is aborted. One round trip a poll.
async function play(session: Session, match: Match, options: Options, stop: AbortSignal) {
  for (const side of SIDES) {
    const preset = playerPreset(match.kinds[side], match.rows);
    await session.createNetwork({ network: side, preset });
  }
  const stream = options.unary ? session : session.stream();
  const start = performance.now();
  while (match.polls < options.polls && !stop.aborted) {
    const readWeights = options.recordWeights > 0 && match.polls % options.recordWeights === 0;
    const answer = await stream.step(pollRequest(match, readWeights));
    if (answer.halted && stop.aborted) break;
    const poll = match.play(motorCounts(answer));
    if (readWeights) poll.weights = playerWeights(answer);
    if (options.record !== undefined) appendFileSync(options.record, JSON.stringify(poll) + "\n");
  }
  const seconds = (performance.now() - start) / 1000;
  if ("close" in stream) stream.close();
  const { left, right } = match.score;
  console.log(
    `${match.polls} polls in ${seconds.toFixed(2)} s ` +
      `(${((1000 * seconds) / match.polls).toFixed(3)} ms a poll), score ${left} : ${right}`,
  );
}

function isPlayer(name: string | undefined): name is PlayerKind {
  return name !== undefined && (PLAYER_KINDS as readonly string[]).includes(name);
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      server: { type: "string", default: defaultAddress() },
      players: { type: "string", default: "rn,r" },
      polls: { type: "string", default: "2000" },
      seed: { type: "string", default: "1" },
      "num-neurons": { type: "string", default: "20" },
      record: { type: "string" },
      "record-weights": { type: "string", default: "0" },
      unary: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const [left, right] = values.players!.split(",");
  if (!isPlayer(left) || !isPlayer(right)) throw new Error(`no such players: ${values.players}`);
  const seed = BigInt(values.seed!);
  const match = new Match({ left, right }, Number(values["num-neurons"]), seed);
  const options: Options = {
    polls: Number(values.polls),
    recordWeights: Number(values["record-weights"]),
    unary: values.unary!,
    record: values.record === undefined ? undefined : openSync(values.record, "w"),
  };

  const client = await Client.connect(values.server);
  try {
    const session = await client.createSession({ displayName: `pong, ${values.players}`, seed });
    // Ctrl-C halts the step that is running; the match ends in order.
    const stop = new AbortController();
    process.once("SIGINT", () => {
      stop.abort();
      session.halt().catch(() => {});
    });
    try {
      await play(session, match, options, stop.signal);
    } catch (error) {
      if (session.lost) throw new Error("the server has restarted, and the match is lost");
      throw error;
    } finally {
      await session.delete().catch(() => {});
    }
  } finally {
    client.close();
  }
}

main().catch((error: Error) => {
  console.error(`pong: ${error.message}`);
  process.exitCode = 1;
});
