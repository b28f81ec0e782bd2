// Lines over time.
import { tickText, ticks } from "./axis.ts";
import { type Colour, pick } from "./colours.ts";
import { Drawing, font, FONT_PX, type Surface } from "./drawing.ts";
import type { Point } from "./series.ts";

export interface Curve {
  name: string;
  colour: Colour;
  points: readonly Point[];
}

export interface CurvesText {
  x: string;
  y: string;
}

const LEFT_PX = 56;
const BOTTOM_PX = 18;
const TOP_PX = 20;

export class Curves extends Drawing {
  #text: CurvesText;
  readonly #fixed: [number, number] | undefined;
  #curves: Curve[] = [];

  constructor(text: CurvesText, range?: [number, number]) {
    super();
    this.#text = text;
    this.#fixed = range;
  }

  show(curves: Curve[], y = this.#text.y): void {
    this.#curves = curves;
    this.#text = { ...this.#text, y };
    this.changed();
  }

  override draw(surface: Surface): void {
    const { g, colours } = surface;
    const width = surface.width - LEFT_PX - 4;
    const height = surface.height - BOTTOM_PX - TOP_PX;
    const points = this.#curves.flatMap((curve) => curve.points);
    const [x0, x1] = spread(points.map(({ x }) => x)) ?? [0, 1];
    const [y0, y1] = this.#fixed ?? padded(spread(points.map(({ y }) => y)) ?? [0, 1]);
    const xOf = (x: number) => LEFT_PX + ((x - x0) / Math.max(x1 - x0, 1e-12)) * width;
    const yOf = (y: number) => TOP_PX + (1 - (y - y0) / Math.max(y1 - y0, 1e-12)) * height;
    font(surface);
    g.strokeStyle = colours.grid;
    g.lineWidth = 1;
    g.beginPath();
    g.textAlign = "right";
    for (const y of ticks(y0, y1, height / 36)) {
      g.moveTo(LEFT_PX, yOf(y));
      g.lineTo(LEFT_PX + width, yOf(y));
      g.fillText(tickText(y), LEFT_PX - 5, yOf(y) + FONT_PX / 3);
    }
    g.stroke();
    g.textAlign = "center";
    for (const x of ticks(x0, x1, width / 120)) {
      g.fillText(tickText(x), Math.min(xOf(x), LEFT_PX + width - 14), surface.height - 4);
    }
    g.textAlign = "left";
    g.fillText(this.#text.x, 2, surface.height - 4);
    g.save();
    g.translate(FONT_PX - 1, TOP_PX + height);
    g.rotate(-Math.PI / 2);
    g.fillText(this.#text.y, 0, 0);
    g.restore();
    this.#drawLines(surface, xOf, yOf);
    this.#drawLegend(surface);
  }

  #drawLines({ g, colours }: Surface, xOf: (x: number) => number, yOf: (y: number) => number) {
    g.lineWidth = 2;
    g.lineJoin = "round";
    for (const { colour, points } of this.#curves) {
      g.strokeStyle = pick(colours, colour);
      g.beginPath();
      for (const { x, y } of points) g.lineTo(xOf(x), yOf(y));
      g.stroke();
    }
    g.lineWidth = 1;
  }

  #drawLegend(surface: Surface): void {
    const { g, colours } = surface;
    font(surface);
    let x = LEFT_PX;
    for (const { name, colour } of this.#curves) {
      g.fillStyle = pick(colours, colour);
      g.fillRect(x, 6, 10, 4);
      g.fillStyle = colours.text;
      g.fillText(name, x + 14, FONT_PX);
      x += g.measureText(name).width + 28;
    }
  }
}

function spread(values: number[]): [number, number] | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : undefined;
}

function padded([low, high]: [number, number]): [number, number] {
  const pad = (high - low || Math.abs(high) || 1) * 0.05;
  return [low - pad, high + pad];
}
