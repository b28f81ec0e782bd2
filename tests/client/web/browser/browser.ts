// Chromium, and what tests do with the page.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { expect } from "vitest";

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env["CHROMIUM_BINARY"]!,
    args: ["--no-sandbox", "--disable-gpu"],
  });
}

// Patience that only a page that is broken needs: others may have all of the machine's cores.
export const PATIENCE_MS = 60_000;

// A page that nobody has signed in on. What goes wrong in it fails the test that looks
// at `faults`.
export async function openPage(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; faults: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1366, height: 768 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error.stack)));
  page.on("console", (message) => {
    const text = message.text();
    // A refused or lost connection is no fault of the page.
    const expected = /Failed to load resource|WebSocket connection to|net::ERR/.test(text);
    if (message.type() === "error" && !expected) faults.push(text);
  });
  return { page, faults };
}

export async function signIn(page: Page, url: string, token: string, view = ""): Promise<void> {
  await page.goto(`${url}/#token=${token}`);
  await page.getByRole("button", { name: "Sign out" }).waitFor();
  if (view) await page.goto(`${url}/#/${view}`);
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// What axe finds wrong with the page as it is, a line each.
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations: found } = await (globalThis as any).axe.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return found.flatMap(({ id, help, nodes }: any) =>
      nodes.map((node: any) => `${id}: ${help}: ${node.html.slice(0, 120)}`),
    );
  });
}

// Waits until more than so many colours are on a canvas: one is there where nothing has been
// drawn, which happens when the browser finds time for it.
export async function drawn(page: Page, label: RegExp, colours: number): Promise<void> {
  await expect.poll(() => coloursOf(page, label)).toBeGreaterThan(colours);
}

function coloursOf(page: Page, label: RegExp): Promise<number> {
  return page.getByRole("img", { name: label }).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
    return new Set(new Uint32Array(data.buffer)).size;
  });
}

// Calls a method of SimulationService as the page does.
export function call(page: Page, method: string, request: object): Promise<any> {
  return page.evaluate(
    async ([name, body]) => {
      const answer = await fetch(`/spiked.v1.SimulationService/${name}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      return answer.json();
    },
    [method, request] as const,
  );
}
