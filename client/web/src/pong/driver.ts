// A match of two players on the server, driven from here: one step a poll, at the
// speed that was asked for. A server that is lost is waited for; sessions that
// survive it go on where they were.
import { Match, type Pair, type Poll, POLL_MS, type Side, SIDES } from "../../../node/src/rules.ts";
import { requestId, simulation } from "../api/client.ts";
import { explain, type Problem } from "../api/errors.ts";
import { LastingStream } from "../api/lasting_stream.ts";
import { openSession } from "../api/open_session.ts";
import { Pacer } from "../drive/pacer.ts";
import type { Spikes } from "../generated/spiked/v1/data_pb.ts";
import { HaltReason, type StepResponse } from "../generated/spiked/v1/simulation_service_pb.ts";
import { Store } from "../store.ts";
import { bySide, motorCounts, playerNetwork, playerWeights, pollRequest } from "./exchange.ts";
import { isNetwork, matchTitle, onlySpike, type Player } from "./players.ts";
import { recordLine } from "./record.ts";

export interface MatchOptions {
  players: Pair<Player>;
  // Cells along y, and motor neurons of each network.
  rows: number;
  seed: bigint;
  // After so many it is over. 0: when it is ended.
  polls: number;
}

// What a poll was, and what it looked like.
export interface Played {
  poll: Poll;
  spikes: Partial<Pair<Spikes>>;
  weights: Partial<Pair<number[][]>> | undefined;
}

export type MatchState =
  | { kind: "playing" | "paused" }
  // The server is lost, and looked for.
  | { kind: "waiting" }
  | { kind: "over"; problem?: Problem };

// Weights are read every so many polls, and recorded every so many.
const READ_WEIGHTS_EVERY = 10;
const RECORD_WEIGHTS_EVERY = 50;
// Polls of which the record is kept, the latest.
const MOST_RECORDED = 200_000;
// How long the server keeps the match of a page that is gone.
const LEASE_S = 3600n;

export class MatchDriver {
  readonly match: Match<Player>;
  readonly options: MatchOptions;
  readonly session: string;
  readonly state = new Store<MatchState>({ kind: "playing" });
  // The cell to which you want your paddle to go.
  wantedCell: (side: Side) => number = () => 0;

  readonly #stop = new AbortController();
  readonly #pacer: Pacer;
  readonly #stream: LastingStream;
  readonly #onPlayed: (played: Played) => void;
  #record: string[] = [];
  #playing = false;

  private constructor(
    session: string,
    options: MatchOptions,
    speed: number,
    onPlayed: (played: Played) => void,
  ) {
    this.session = session;
    this.options = options;
    this.match = new Match(options.players, options.rows, options.seed);
    this.#pacer = new Pacer(speed, this.#stop.signal);
    this.#stream = new LastingStream(session, this.#stop.signal, (waiting) =>
      this.#tell(waiting ? "waiting" : undefined),
    );
    this.#onPlayed = onPlayed;
  }

  // Opens a session with the networks of the match. It begins with `run`.
  static async create(
    options: MatchOptions,
    speed: number,
    onPlayed: (played: Played) => void,
  ): Promise<MatchDriver> {
    const { players, rows, seed } = options;
    const { name } = await openSession(
      {
        displayName: `Pong: ${matchTitle(players)}`,
        labels: { game: "pong", players: SIDES.map((side) => players[side]).join(",") },
        seed,
        ttl: { seconds: LEASE_S },
      },
      SIDES.flatMap((side) => {
        const player = players[side];
        return isNetwork(player) ? [playerNetwork(side, player, rows)] : [];
      }),
    );
    return new MatchDriver(name, options, speed, onPlayed);
  }

  // The record so far, as spiked-pong --record-weights 50 writes it.
  get record(): string {
    return this.#record.map((line) => line + "\n").join("");
  }

  // Biological time for each unit of real time, at most.
  get speed(): number {
    return this.#pacer.speed;
  }

  set speed(speed: number) {
    this.#pacer.speed = speed;
  }

  pause(): void {
    this.#pacer.pause();
    this.#tell();
  }

  resume(): void {
    this.#pacer.resume();
    this.#tell();
  }

  // Pauses after one more poll.
  step(): void {
    this.#pacer.step();
    this.#tell();
  }

  // Plays until the match is over.
  async run(): Promise<void> {
    const { signal } = this.#stop;
    try {
      while (!this.#isOver()) {
        await this.#pacer.turn(POLL_MS);
        if (signal.aborted) break;
        this.#playing = true;
        await this.#play();
        this.#playing = false;
        if (this.#pacer.paused) this.#tell();
      }
      this.state.set({ kind: "over" });
    } catch (error) {
      this.state.set({ kind: "over", ...(signal.aborted ? {} : { problem: explain(error) }) });
    }
    this.leave();
  }

  // Ends the match; its session goes with it.
  async end(): Promise<void> {
    this.leave();
    const request = { session: this.session, requestId: requestId() };
    await simulation.deleteSession(request).catch(() => {});
  }

  // Ends the match and leaves its session on the server.
  leave(): void {
    this.#stop.abort();
  }

  #tell(kind: "waiting" | undefined = undefined): void {
    if (this.state.value.kind === "over") return;
    // A match is paused when the poll that was under way is over.
    if (!kind && this.#pacer.paused && this.#playing) return;
    this.state.set({ kind: kind ?? (this.#pacer.paused ? "paused" : "playing") });
  }

  #isOver(): boolean {
    const { polls } = this.options;
    return this.#stop.signal.aborted || (polls > 0 && this.match.polls >= polls);
  }

  async #play(): Promise<void> {
    const { match } = this;
    const weights = match.polls % READ_WEIGHTS_EVERY === 0;
    const answer = await this.#stream.step(pollRequest(match, { spikes: true, weights }));
    if (answer.halted) throw new Error(whyHalted(answer));
    const counted = motorCounts(match, answer);
    const countsOf = (side: Side) => counted[side] ?? onlySpike(this.wantedCell(side), match.rows);
    const poll = match.play({ left: countsOf("left"), right: countsOf("right") });
    const matrices = weights ? playerWeights(match, answer) : undefined;
    this.#keep(poll, matrices);
    this.#onPlayed({ poll, spikes: bySide(match, answer.spikes), weights: matrices });
  }

  #keep(poll: Poll, weights: Partial<Pair<number[][]>> | undefined): void {
    const whole = poll.poll % RECORD_WEIGHTS_EVERY === 0 && weights?.left && weights.right;
    this.#record.push(recordLine(whole ? { ...poll, weights: weights as Pair<number[][]> } : poll));
    if (this.#record.length > MOST_RECORDED) this.#record.splice(0, MOST_RECORDED / 10);
  }
}

const HALTED: Partial<Record<HaltReason, string>> = {
  [HaltReason.HALTED]: "somebody halted the session",
  [HaltReason.DELETED]: "somebody deleted the session",
  [HaltReason.SHUTTING_DOWN]: "the server is shutting down",
  [HaltReason.MEMORY]: "the server has no memory left for it",
};

function whyHalted({ timeMs, haltReason }: StepResponse): string {
  const why = HALTED[haltReason] ?? "the step was halted";
  return `The match was cut short at ${timeMs} ms: ${why}. Start a new one.`;
}
