// Where the marks of an axis go, and what stands beside them.

// Round numbers within [low, high], some `count` of them.
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low) || !Number.isFinite(high - low)) return [];
  const raw = (high - low) / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => (first + k) * step);
}

// A number beside a mark: no more digits than it takes.
export function tickText(value: number): string {
  if (Math.abs(value) >= 1e6) return `${+(value / 1e6).toPrecision(4)} M`;
  return String(+value.toPrecision(6)).replace(/\B(?=(\d{3})+$)/g, " ");
}
