// Labels as people write them: `key=value`, one a line.
export function parseLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const line of text.split("\n").map((part) => part.trim())) {
    if (!line) continue;
    const at = line.indexOf("=");
    if (at < 1) throw new Error(`"${line}" is no label: write key=value, one a line.`);
    labels[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return labels;
}

export const labelTexts = (labels: Record<string, string>): string[] =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .sort();
