// How smooth the page is while a session runs as fast as it can: told, not judged, since
// it is the machine's as well. Where $SPIKED_MEASURE is set.
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch, openPage, signIn } from "./browser.ts";
import { Server } from "./server.ts";

const SECONDS = 10;

describe.skipIf(!process.env["SPIKED_MEASURE"])("smoothness", () => {
  const server = new Server();
  let browser: Browser;

  beforeAll(async () => {
    await server.start();
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    await server.end();
  });

  // What the page draws, by the browser's own clock.
  function drawn(page: Page): Promise<{ perSecond: number; longestMs: number; medianMs: number }> {
    return page.evaluate(async (seconds) => {
      const gaps: number[] = [];
      let last = performance.now();
      const end = last + 1000 * seconds;
      while (last < end) {
        const now = await new Promise<number>(requestAnimationFrame);
        gaps.push(now - last);
        last = now;
      }
      gaps.sort((a, b) => a - b);
      return {
        perSecond: gaps.length / seconds,
        longestMs: gaps.at(-1)!,
        medianMs: gaps[Math.floor(gaps.length / 2)]!,
      };
    }, SECONDS);
  }

  function tell(
    what: string,
    { perSecond, longestMs, medianMs }: Awaited<ReturnType<typeof drawn>>,
  ) {
    const pictures = `${perSecond.toFixed(1)} pictures a second`;
    const gaps = `${medianMs.toFixed(1)} ms apart, at most ${longestMs.toFixed(0)}`;
    console.log(`${what}: ${pictures}, ${gaps}`);
  }

  test("of a thousand neurons", async () => {
    const { page, faults } = await openPage(browser);
    await signIn(page, server.url, server.token, "networks");
    await page.getByRole("button", { name: "Build and watch" }).click();
    await page.getByRole("heading", { name: "cortex" }).waitFor();
    await page.getByLabel("Speed").fill("11");
    await page.getByLabel("Multimeter").selectOption({ label: "cortex/voltmeter: V_m, mV" });
    await page.getByRole("button", { name: "Run", exact: true }).click();
    await page.waitForTimeout(2000);
    const pictures = await drawn(page);
    const frames = await page.locator("#frames").innerText();
    const speed = await page.locator("dt:text-is('Speed') + dd").innerText();
    tell(`1,000 neurons, ${frames} from the server, speed ${speed}`, pictures);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test("of a match", async () => {
    const { page, faults } = await openPage(browser);
    await signIn(page, server.url, server.token, "pong");
    await page.getByRole("button", { name: "Start the match" }).click();
    await page.getByLabel("Speed").fill("11");
    await page.waitForTimeout(2000);
    const polls = async () =>
      Number((await page.locator("#polls").innerText()).replaceAll(/\s/g, ""));
    const before = await polls();
    const pictures = await drawn(page);
    tell(`a match, ${((await polls()) - before) / SECONDS} polls a second`, pictures);
    expect(faults).toEqual([]);
    await page.context().close();
  });
});
