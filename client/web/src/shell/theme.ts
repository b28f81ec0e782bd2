// Light or dark: as the system has it, or as was chosen here.
import { Store } from "../store.ts";

export type Theme = "light" | "dark";

const KEY = "spiked.theme";
const prefersDark = globalThis.matchMedia?.("(prefers-color-scheme: dark)");

const chosen = () => {
  const kept = globalThis.localStorage?.getItem(KEY);
  return kept === "light" || kept === "dark" ? kept : undefined;
};
const current = (): Theme => chosen() ?? (prefersDark?.matches ? "dark" : "light");

export const theme = new Store<Theme>(current());

// Keeps the page in its theme.
export function applyTheme(): void {
  document.documentElement.dataset["theme"] = theme.value;
  prefersDark?.addEventListener("change", () => show(current()));
}

export function chooseTheme(next: Theme): void {
  localStorage.setItem(KEY, next);
  show(next);
}

function show(next: Theme): void {
  // Before those who read the colours hear of it.
  document.documentElement.dataset["theme"] = next;
  theme.set(next);
}
