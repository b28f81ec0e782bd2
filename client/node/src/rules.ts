// The rules of pong, see client/pong/README.md. Pure: no server, no clock.

// The client's chance: SplitMix64.
export class SplitMix64 {
  #state: bigint;

  constructor(seed: bigint) {
    this.#state = seed;
  }

  // The next 64 random bits.
  next(): bigint {
    this.#state = BigInt.asUintN(64, this.#state + 0x9e3779b97f4a7c15n);
    let z = this.#state;
    z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
    z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
    return z ^ (z >> 31n);
  }

  // Uniform in [0, 1).
  uniform(): number {
    return Number(this.next() >> 11n) * 2 ** -53;
  }
}

export const SIDES = ["left", "right"] as const;
export type Side = (typeof SIDES)[number];
export const PLAYER_KINDS = ["r", "rn", "d", "dn"] as const;
export type PlayerKind = (typeof PLAYER_KINDS)[number];

export const POLL_MS = 200;
export const LENGTH = 1.6;
const COLUMNS = 32;
export const BALL_RADIUS = 0.025;
const BALL_SPEED = 0.025;
export const PADDLE_LENGTH = 0.2;
const PADDLE_SPEED = 0.05;
const BARE_REWARDS = [1, 0.7, 0.4, 0.1];

export interface Ball {
  x: number;
  y: number;
  dx: number;
  dy: number;
}

// One for each player.
export type Pair<T> = Record<Side, T>;

// A player's part in a poll, as it is recorded.
export interface PlayerPoll {
  paddle: number;
  cell: number;
  counts: number[];
  winner: number;
  reward: number;
  mean_reward: number;
}

// A poll that is over, as it is recorded: JSON.stringify makes the line.
export interface Poll extends Pair<PlayerPoll> {
  poll: number;
  time_ms: number;
  ball: { x: number; y: number; cell: [number, number] };
  score: [number, number];
  weights?: Pair<number[][]>;
}

// What a player is given for a poll, whatever its kind: the reward above what
// was expected, and a current in pA.
export interface Earned {
  reward: number;
  currentPa: number;
}

// The neuron with most spikes; of several, one drawn by chance.
export function winnerOf(counts: number[], random: SplitMix64): number {
  const most = Math.max(...counts);
  const best = counts.flatMap((count, neuron) => (count === most ? [neuron] : []));
  return best.length > 1 ? best[Math.floor(random.uniform() * best.length)]! : best[0]!;
}

export function bareReward(distance: number): number {
  return BARE_REWARDS[distance] ?? 0;
}

export function rewardCurrentPa(counts: number[], row: number): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return Math.min((4800 * counts[row]!) / Math.max(1, all) + 100, 1000);
}

// A player's running mean of the reward for each row.
export class RewardHistory {
  #means: number[];

  constructor(rows: number) {
    this.#means = new Array<number>(rows).fill(0);
  }

  // Takes a bare reward down; the reward above what was expected.
  add(row: number, bare: number): number {
    const reward = bare - this.#means[row]!;
    this.#means[row]! += reward / 2;
    return reward;
  }

  meanReward(): number {
    return this.#means.reduce((sum, mean) => sum + mean, 0) / this.#means.length;
  }
}

function placeBall(towards: Side, random: SplitMix64): Ball {
  const speed = 0.5 + 0.5 * random.uniform();
  const sign = random.uniform() < 0.5 ? 1 : -1;
  const y = random.uniform();
  return { x: LENGTH / 2, y, dx: towards === "right" ? speed : -speed, dy: sign * (1 - speed) };
}

// A match of two players: the game, what they made of it, and the order of
// chance between them. The spikes come from whoever simulates.
export class Match<Kind = PlayerKind> {
  readonly kinds: Pair<Kind>;
  readonly rows: number;
  ball: Ball;
  readonly paddles: Pair<number> = { left: 0.5, right: 0.5 };
  readonly score: Pair<number> = { left: 0, right: 0 };
  polls = 0;
  // What the players earned in the last poll; unset before the first.
  earned: Pair<Earned> | undefined;

  readonly #random: SplitMix64;
  readonly #histories: Pair<RewardHistory>;

  constructor(kinds: Pair<Kind>, rows: number, seed: bigint) {
    this.kinds = kinds;
    this.rows = rows;
    this.#random = new SplitMix64(seed);
    this.#histories = { left: new RewardHistory(rows), right: new RewardHistory(rows) };
    this.ball = placeBall("right", this.#random);
  }

  // Biological time in ms at which the next poll begins.
  get timeMs(): number {
    return this.polls * POLL_MS;
  }

  // The ball's cell along y.
  get row(): number {
    return Math.floor(this.ball.y * this.rows);
  }

  // Carries a poll out whose motor spikes are known.
  play(counts: Pair<number[]>): Poll {
    const { row } = this;
    const { x, y } = this.ball;
    const earned: Partial<Pair<Earned>> = {};
    const moves = { left: 0, right: 0 };
    const player = (side: Side): PlayerPoll => {
      const cell = Math.floor(this.paddles[side] * this.rows);
      const winner = winnerOf(counts[side], this.#random);
      const bare = bareReward(Math.abs(winner - row));
      moves[side] = Math.sign(winner - cell);
      earned[side] = {
        reward: this.#histories[side].add(row, bare),
        currentPa: rewardCurrentPa(counts[side], row),
      };
      return {
        paddle: this.paddles[side],
        cell,
        counts: counts[side],
        winner,
        reward: bare,
        mean_reward: this.#histories[side].meanReward(),
      };
    };
    const left = player("left");
    const right = player("right");
    this.earned = earned as Pair<Earned>;
    this.#advance(moves);
    return {
      poll: this.polls++,
      time_ms: this.timeMs,
      ball: { x, y, cell: [Math.floor((x / LENGTH) * COLUMNS), row] },
      score: [this.score.left, this.score.right],
      left,
      right,
    };
  }

  #advance(moves: Pair<number>): void {
    const scorer = this.#collide();
    for (const side of SIDES) {
      const paddle = this.paddles[side] + PADDLE_SPEED * moves[side];
      this.paddles[side] = Math.min(Math.max(paddle, 0), 1);
    }
    if (scorer) {
      ++this.score[scorer];
      this.ball = placeBall(scorer, this.#random);
    } else {
      this.ball.x += BALL_SPEED * this.ball.dx;
      this.ball.y += BALL_SPEED * this.ball.dy;
    }
  }

  // Turns the ball around at borders and paddles; who scores, if anybody does.
  #collide(): Side | undefined {
    const { ball } = this;
    const reaches = (side: Side) => Math.abs(this.paddles[side] - ball.y) <= PADDLE_LENGTH / 2;
    if (ball.y + BALL_RADIUS >= 1) ball.dy = -Math.abs(ball.dy);
    else if (ball.y - BALL_RADIUS <= 0) ball.dy = Math.abs(ball.dy);
    if (ball.x - BALL_RADIUS <= 0) {
      if (!reaches("left")) return "right";
      ball.dx = Math.abs(ball.dx);
    } else if (ball.x + BALL_RADIUS >= LENGTH) {
      if (!reaches("right")) return "left";
      ball.dx = -Math.abs(ball.dx);
    }
    return undefined;
  }
}
