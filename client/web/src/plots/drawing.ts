// Something that is drawn on a canvas, anew after it has changed and no more often
// than the screen shows it.
import type { Colours } from "./colours.ts";

export interface Surface {
  g: CanvasRenderingContext2D;
  // In pixels, as all coordinates: CSS's, or larger ones where text is larger.
  width: number;
  height: number;
  // Device pixels for each of them.
  scale: number;
  colours: Colours;
}

export abstract class Drawing {
  readonly #views = new Set<() => void>();

  // Draws all of it on an empty surface.
  abstract draw(surface: Surface): void;

  // Calls `view` whenever there is something new to be drawn, until what it returns
  // is called.
  watch(view: () => void): () => void {
    this.#views.add(view);
    return () => this.#views.delete(view);
  }

  protected changed(): void {
    for (const view of this.#views) view();
  }
}

export const FONT_PX = 11;

export function font(surface: Surface): void {
  const { g, colours } = surface;
  g.font = `${FONT_PX}px system-ui, sans-serif`;
  g.fillStyle = colours.muted;
}
