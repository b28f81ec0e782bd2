// A drawing on the page.
import { useEffect, useRef } from "preact/hooks";

import { theme } from "../shell/theme.ts";
import { readColours } from "./colours.ts";
import type { Drawing } from "./drawing.ts";

// The size of text for which drawings are made.
const FONT_PX = 16;

export interface PlotProps {
  drawing: Drawing;
  // What it shows, for those who cannot see it.
  label: string;
  class?: string;
}

export function Plot({ drawing, label, class: name = "" }: PlotProps) {
  const ref = useRef<HTMLCanvasElement>(null);

  useEffect(() => {
    const canvas = ref.current!;
    const g = canvas.getContext("2d")!;
    let colours = readColours(canvas);
    let due = 0;
    const draw = () => {
      due = 0;
      // As the page's text is larger on a projector, so is that in plots.
      const zoom = parseFloat(getComputedStyle(document.documentElement).fontSize) / FONT_PX;
      const scale = (devicePixelRatio || 1) * zoom;
      const width = canvas.clientWidth / zoom;
      const height = canvas.clientHeight / zoom;
      if (width === 0 || height === 0) return;
      const columns = Math.round(width * scale);
      const lines = Math.round(height * scale);
      if (canvas.width !== columns) canvas.width = columns;
      if (canvas.height !== lines) canvas.height = lines;
      g.setTransform(scale, 0, 0, scale, 0, 0);
      g.clearRect(0, 0, width, height);
      drawing.draw({ g, width, height, scale, colours });
    };
    const request = () => {
      due ||= requestAnimationFrame(draw);
    };
    const forget = [
      drawing.watch(request),
      theme.subscribe(() => {
        colours = readColours(canvas);
        request();
      }),
    ];
    const sizes = new ResizeObserver(request);
    sizes.observe(canvas);
    return () => {
      forget.forEach((stop) => stop());
      sizes.disconnect();
      cancelAnimationFrame(due);
    };
  }, [drawing]);

  return <canvas ref={ref} role="img" aria-label={label} class={`plot ${name}`} />;
}
