// Colours of plots: those of the page's style, which differ by theme. Series take
// those of Okabe and Ito, which people with any kind of colour vision tell apart.

export interface Colours {
  text: string;
  muted: string;
  grid: string;
  panel: string;
  left: string;
  right: string;
  ball: string;
  series: string[];
}

// One of them: by its number among the series, or by its name.
export type Colour = number | "left" | "right";

export function pick(colours: Colours, colour: Colour): string {
  return typeof colour === "string" ? colours[colour] : colours.series[colour % SERIES]!;
}

const SERIES = 7;

export function readColours(element: Element): Colours {
  const style = getComputedStyle(element);
  const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: colour("text"),
    muted: colour("muted"),
    grid: colour("grid"),
    panel: colour("panel"),
    left: colour("left"),
    right: colour("right"),
    ball: colour("ball"),
    series: Array.from({ length: SERIES }, (_, k) => colour(`series-${k + 1}`)),
  };
}

// Red, green and blue, each up to 255, of `#rrggbb`.
export function rgb(hex: string): [number, number, number] {
  const bits = parseInt(hex.slice(1), 16);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}

// Viridis: grows evenly in lightness, so that it reads in grey, too.
const VIRIDIS = [
  "#440154", "#482475", "#414487", "#355f8d", "#2a788e",
  "#21918c", "#22a884", "#44bf70", "#7ad151", "#bddf26", "#fde725",
].map(rgb); // prettier-ignore

// The colour for a share from 0 to 1 of the range of a heat map.
export function heat(share: number): [number, number, number] {
  const at = Math.min(Math.max(share, 0), 1) * (VIRIDIS.length - 1);
  const low = Math.min(Math.floor(at), VIRIDIS.length - 2);
  const [from, to] = [VIRIDIS[low]!, VIRIDIS[low + 1]!];
  const mix = (k: 0 | 1 | 2) => Math.round(from[k] + (to[k] - from[k]) * (at - low));
  return [mix(0), mix(1), mix(2)];
}
