// Spikes of populations over time: a dot each, the latest at the right.
import { tickText, ticks } from "./axis.ts";
import { type Colour, pick, rgb } from "./colours.ts";
import { Drawing, font, FONT_PX, type Surface } from "./drawing.ts";
import { SpikeWindow } from "./spike_window.ts";

export interface Band {
  name: string;
  rows: number;
  colour: Colour;
}

const AXIS_PX = 16;

export class Raster extends Drawing {
  windowMs: number;
  readonly #spikes = new SpikeWindow();
  #bands: Band[] = [];
  #firstRows: number[] = [];
  #rows = 0;
  #nowMs = 0;
  // A row that is marked for a time.
  #track: { fromMs: number; toMs: number; row: number }[] = [];
  #pixels: { canvas: HTMLCanvasElement; image: ImageData; words: Uint32Array } | undefined;

  constructor(windowMs: number) {
    super();
    this.windowMs = windowMs;
  }

  setBands(bands: Band[]): void {
    this.#bands = bands;
    this.#rows = 0;
    this.#firstRows = bands.map(({ rows }) => {
      this.#rows += rows;
      return this.#rows - rows;
    });
    this.clear();
  }

  clear(): void {
    this.#spikes.clear();
    this.#track = [];
    this.changed();
  }

  add(band: number, senders: readonly number[], timesMs: readonly number[]): void {
    this.#spikes.add(timesMs, senders, this.#firstRows[band]!);
  }

  mark(fromMs: number, toMs: number, row: number): void {
    this.#track.push({ fromMs, toMs, row });
  }

  // Time has come so far; all spikes until then have been added.
  advance(timeMs: number): void {
    if (timeMs < this.#nowMs) this.clear();
    this.#nowMs = timeMs;
    const begin = timeMs - this.windowMs;
    this.#spikes.forget(begin);
    const first = this.#track.findIndex(({ toMs }) => toMs > begin);
    if (first !== 0) this.#track = first < 0 ? [] : this.#track.slice(first);
    this.changed();
  }

  override draw(surface: Surface): void {
    const { g, width, colours } = surface;
    const height = surface.height - AXIS_PX;
    const begin = this.#nowMs - this.windowMs;
    const xOf = (timeMs: number) => ((timeMs - begin) / this.windowMs) * width;
    this.#drawAxis(surface, height, xOf);
    const rowPx = height / Math.max(this.#rows, 1);
    g.fillStyle = colours.ball;
    g.globalAlpha = 0.3;
    for (const { fromMs, toMs, row } of this.#track) {
      const x = Math.max(xOf(fromMs), 0);
      g.fillRect(x, height - (row + 1) * rowPx, xOf(toMs) - x, rowPx);
    }
    g.globalAlpha = 1;
    this.#drawSpikes(surface, height);
    this.#drawBands(surface, height, rowPx);
  }

  #drawAxis(surface: Surface, height: number, xOf: (timeMs: number) => number): void {
    const { g, width, colours } = surface;
    font(surface);
    g.strokeStyle = colours.grid;
    g.beginPath();
    for (const time of ticks(Math.max(this.#nowMs - this.windowMs, 0), this.#nowMs, width / 110)) {
      const x = xOf(time);
      g.moveTo(x, 0);
      g.lineTo(x, height);
      const text = `${tickText(time)} ms`;
      if (x + 3 + g.measureText(text).width <= width) g.fillText(text, x + 3, height + FONT_PX + 2);
    }
    g.stroke();
  }

  // Dots go into an image at once: there may be a hundred thousand of them.
  #drawSpikes({ g, width, scale, colours }: Surface, height: number): void {
    const columns = Math.max(1, Math.round(width * scale));
    const lines = Math.max(1, Math.round(height * scale));
    const { canvas, image, words } = this.#pixelsOf(columns, lines);
    words.fill(0);
    const colourOf = new Uint32Array(this.#rows);
    for (const [k, band] of this.#bands.entries()) {
      const [red, green, blue] = rgb(pick(colours, band.colour));
      const word = (0xff << 24) | (blue << 16) | (green << 8) | red;
      colourOf.fill(word, this.#firstRows[k]!, this.#firstRows[k]! + band.rows);
    }
    const dotWidth = Math.max(1, Math.round(1.5 * scale));
    const rowLines = lines / Math.max(this.#rows, 1);
    const dotHeight = Math.max(Math.round(1.5 * scale), Math.floor(rowLines * 0.8));
    const begin = this.#nowMs - this.windowMs;
    const columnsPerMs = columns / this.windowMs;
    this.#spikes.forEach((time, row) => {
      const x = Math.floor((time - begin) * columnsPerMs) - dotWidth;
      if (x < 0 || x + dotWidth > columns) return;
      const top = Math.max(0, Math.floor(lines - (row + 1) * rowLines));
      const bottom = Math.min(lines, top + dotHeight);
      for (let y = top; y < bottom; ++y) {
        words.fill(colourOf[row]!, y * columns + x, y * columns + x + dotWidth);
      }
    });
    canvas.getContext("2d")!.putImageData(image, 0, 0);
    g.drawImage(canvas, 0, 0, width, height);
  }

  #drawBands(surface: Surface, height: number, rowPx: number): void {
    const { g, width, colours } = surface;
    for (const [k, { name, rows }] of this.#bands.entries()) {
      const top = height - (this.#firstRows[k]! + rows) * rowPx;
      if (k < this.#bands.length - 1) {
        g.fillStyle = colours.grid;
        g.fillRect(0, top, width, 1);
      }
      if (!name) continue;
      font(surface);
      g.fillStyle = colours.panel;
      g.globalAlpha = 0.8;
      g.fillRect(0, top + 2, g.measureText(name).width + 8, FONT_PX + 4);
      g.globalAlpha = 1;
      g.fillStyle = colours.text;
      g.fillText(name, 4, top + FONT_PX + 2);
    }
  }

  #pixelsOf(columns: number, lines: number) {
    const { image } = this.#pixels ?? {};
    if (!this.#pixels || image!.width !== columns || image!.height !== lines) {
      const canvas = document.createElement("canvas");
      canvas.width = columns;
      canvas.height = lines;
      const fresh = new ImageData(columns, lines);
      this.#pixels = { canvas, image: fresh, words: new Uint32Array(fresh.data.buffer) };
    }
    return this.#pixels;
  }
}
