// The field: paddles, ball, score.
import {
  BALL_RADIUS,
  LENGTH,
  PADDLE_LENGTH,
  type Pair,
  type Poll,
  SIDES,
} from "../../../node/src/rules.ts";
import { Drawing, type Surface } from "../plots/drawing.ts";

interface Shown {
  x: number;
  y: number;
  paddles: Pair<number>;
}

const PADDLE_WIDTH = 0.022;
// Polls that follow each other faster are shown where they are.
const SMOOTH_FROM_MS = 20;

const still = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

export class Field extends Drawing {
  #score: [number, number] = [0, 0];
  #from: Shown = { x: LENGTH / 2, y: 0.5, paddles: { left: 0.5, right: 0.5 } };
  #to: Shown = this.#from;
  #since = 0;
  #takes = 0;

  // A poll that takes so long on the screen.
  show(poll: Poll, takesMs: number): void {
    const next = {
      x: poll.ball.x,
      y: poll.ball.y,
      paddles: { left: poll.left.paddle, right: poll.right.paddle },
    };
    const jumps = Math.abs(next.x - this.#to.x) > 0.1;
    this.#from = jumps ? next : this.#to;
    this.#to = next;
    this.#score = poll.score;
    this.#since = performance.now();
    this.#takes = takesMs < SMOOTH_FROM_MS || takesMs > 1000 || still?.matches ? 0 : takesMs;
    this.changed();
  }

  override draw({ g, width, height, colours }: Surface): void {
    const share =
      this.#takes > 0 ? Math.min((performance.now() - this.#since) / this.#takes, 1) : 1;
    const between = (a: number, b: number) => a + (b - a) * share;
    // Paddles stand outside of what the ball crosses.
    const unit = Math.min(height, width / (LENGTH + 2 * PADDLE_WIDTH));
    const left = (width - unit * LENGTH) / 2;
    const bottom = (height + unit) / 2;
    const px = (x: number) => left + x * unit;
    const py = (y: number) => bottom - y * unit;
    g.strokeStyle = colours.grid;
    g.strokeRect(px(0), py(1), unit * LENGTH, unit);
    g.setLineDash([4, 8]);
    g.beginPath();
    g.moveTo(px(LENGTH / 2), py(1));
    g.lineTo(px(LENGTH / 2), py(0));
    g.stroke();
    g.setLineDash([]);

    g.font = `600 ${Math.round(unit * 0.13)}px system-ui, sans-serif`;
    for (const [k, side] of SIDES.entries()) {
      g.fillStyle = colours[side];
      g.textAlign = k === 0 ? "right" : "left";
      g.fillText(String(this.#score[k]), px(LENGTH / 2 + (k === 0 ? -0.06 : 0.06)), py(0.84));
      const y = between(this.#from.paddles[side], this.#to.paddles[side]);
      const x = side === "left" ? -PADDLE_WIDTH : LENGTH;
      g.beginPath();
      g.roundRect(px(x), py(y + PADDLE_LENGTH / 2), unit * PADDLE_WIDTH, unit * PADDLE_LENGTH, 3);
      g.fill();
    }
    g.textAlign = "left";
    g.fillStyle = colours.ball;
    g.beginPath();
    const x = between(this.#from.x, this.#to.x);
    const y = between(this.#from.y, this.#to.y);
    g.arc(px(x), py(y), unit * BALL_RADIUS, 0, 2 * Math.PI);
    g.fill();
    if (share < 1) this.changed();
  }
}
