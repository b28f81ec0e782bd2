// Numbers as people read them.

// Biological time: `350 ms`, `12.4 s`, `3 min 20 s`, `2 h 5 min`.
export function timeText(ms: number): string {
  if (ms < 1000) return `${+ms.toFixed(1)} ms`;
  const s = ms / 1000;
  if (s < 100) return `${s.toFixed(1)} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 100) return `${minutes} min ${Math.floor(s % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

// A speed relative to real time: `20 ×`, `0.35 ×`, and `–` for none.
export function speedText(speed: number): string {
  if (!(speed > 0)) return "–";
  return `${countText(+speed.toPrecision(speed < 10 ? 2 : 3))} ×`;
}

export function countText(count: number | bigint): string {
  return count.toLocaleString("en").replaceAll(",", " ");
}

export function bytesText(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let k = 0;
  for (; bytes >= 1024 && k < units.length - 1; ++k) bytes /= 1024;
  return `${bytes < 10 && k > 0 ? bytes.toFixed(1) : Math.round(bytes)} ${units[k]}`;
}

export const secondsText = (s: number): string =>
  s < 10 ? `${s.toFixed(2)} s` : `${countText(Math.round(s))} s`;
