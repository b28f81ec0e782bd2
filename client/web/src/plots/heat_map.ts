// A matrix as an image: a colour for each number, and a bar that says which.
import { tickText } from "./axis.ts";
import { heat } from "./colours.ts";
import { Drawing, font, FONT_PX, type Surface } from "./drawing.ts";
import { type Matrix, rangeOf } from "./matrix.ts";

const BAR_PX = 10;
const BAR_TEXT_PX = 46;
const AXIS_PX = 16;

export interface HeatMapText {
  // What columns, rows and colours stand for; rows go up.
  x: string;
  y: string;
  unit: string;
}

export class HeatMap extends Drawing {
  readonly #text: HeatMapText;
  // Fixed, or as the numbers have it.
  readonly #fixed: [number, number] | undefined;
  #matrix: Matrix | undefined;
  #canvas: HTMLCanvasElement | undefined;
  #range: [number, number] = [0, 1];

  constructor(text: HeatMapText, range?: [number, number]) {
    super();
    this.#text = text;
    this.#fixed = range;
  }

  show(matrix: Matrix): void {
    this.#matrix = matrix;
    this.#range = this.#fixed ?? rangeOf(matrix) ?? [0, 1];
    this.#paint(matrix);
    this.changed();
  }

  clear(): void {
    this.#matrix = undefined;
    this.changed();
  }

  override draw(surface: Surface): void {
    if (!this.#matrix || !this.#canvas) return;
    const { g, colours } = surface;
    const left = AXIS_PX;
    const width = surface.width - left - BAR_PX - BAR_TEXT_PX - 8;
    const height = surface.height - AXIS_PX;
    g.imageSmoothingEnabled = false;
    g.drawImage(this.#canvas, left, 0, width, height);
    g.strokeStyle = colours.grid;
    g.strokeRect(left + 0.5, 0.5, width - 1, height - 1);
    this.#drawBar(surface, left + width + 8, height);
    font(surface);
    g.fillText(this.#text.x, left, height + FONT_PX + 2);
    g.save();
    g.translate(FONT_PX, height);
    g.rotate(-Math.PI / 2);
    g.fillText(this.#text.y, 0, 0);
    g.restore();
  }

  #drawBar(surface: Surface, left: number, height: number): void {
    const { g } = surface;
    const bar = g.createLinearGradient(0, height, 0, 0);
    for (let k = 0; k <= 10; ++k) bar.addColorStop(k / 10, `rgb(${heat(k / 10).join(",")})`);
    g.fillStyle = bar;
    g.fillRect(left, 0, BAR_PX, height);
    font(surface);
    const [low, high] = this.#range;
    const round = (value: number) => tickText(+value.toPrecision(4));
    g.fillText(round(high), left + BAR_PX + 4, FONT_PX);
    g.fillText(this.#text.unit, left + BAR_PX + 4, height / 2 + FONT_PX / 2);
    g.fillText(round(low), left + BAR_PX + 4, height - 2);
  }

  #paint({ rows, columns, values }: Matrix): void {
    if (rows === 0 || columns === 0) return;
    this.#canvas ??= document.createElement("canvas");
    this.#canvas.width = columns;
    this.#canvas.height = rows;
    const image = new ImageData(columns, rows);
    const [low, high] = this.#range;
    for (let k = 0; k < rows * columns; ++k) {
      const value = values[k]!;
      if (Number.isNaN(value)) continue;
      // Row 0 is at the bottom, as on the field.
      const at = 4 * ((rows - 1 - Math.floor(k / columns)) * columns + (k % columns));
      image.data.set([...heat(high > low ? (value - low) / (high - low) : 0.5), 255], at);
    }
    this.#canvas.getContext("2d")!.putImageData(image, 0, 0);
  }
}
