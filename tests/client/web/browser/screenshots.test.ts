// Pictures of every view, in both themes and three sizes, for people to look at: into
// the folder $SPIKED_SCREENSHOTS.
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launch, openPage, signIn } from "./browser.ts";
import { Server } from "./server.ts";

const folder = process.env["SPIKED_SCREENSHOTS"];

const SIZES = {
  phone: { width: 390, height: 844 },
  laptop: { width: 1366, height: 768 },
  projector: { width: 1920, height: 1080 },
};
const THEMES = ["light", "dark"] as const;

describe.skipIf(!folder)("screenshots", () => {
  const server = new Server();
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(folder!, { recursive: true });
    await server.start();
    browser = await launch();
  });
  afterAll(async () => {
    await browser.close();
    await server.end();
  });

  // Shoots what is there in all sizes and themes; the page stays as it is.
  async function shoot(page: Page, name: string): Promise<void> {
    for (const colorScheme of THEMES) {
      await page.emulateMedia({ colorScheme });
      for (const [size, viewport] of Object.entries(SIZES)) {
        await page.setViewportSize(viewport);
        await page.mouse.move(0, 0);
        await page.waitForTimeout(400);
        const fullPage = size === "phone";
        await page.screenshot({
          path: join(folder!, `${name}-${size}-${colorScheme}.png`),
          fullPage,
        });
        const wide = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect.soft(wide, `${name} is too wide on a ${size}`).toBe(0);
      }
    }
  }

  const polls = async (page: Page) =>
    Number((await page.locator("#polls").innerText()).replaceAll(/\s/g, ""));

  test("are taken", { timeout: 300_000 }, async () => {
    const { page } = await openPage(browser);
    const go = async (view: string) => page.goto(`${server.url}/#/${view}`);
    const press = (name: string) => page.getByRole("button", { name, exact: true }).click();
    await page.goto(server.url);
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await shoot(page, "sign-in");
    await signIn(page, server.url, server.token, "networks");
    await page.getByText("E 800 iaf_psc_exp").click();
    await page.getByText("Parameters (11, 1 changed)").first().click();
    await press("Check");
    await page.getByText("All is well").waitFor();
    await shoot(page, "networks");
    await press("Build and watch");
    await page.getByRole("heading", { name: "cortex" }).waitFor();
    await page.getByLabel("Multimeter").selectOption({ label: "cortex/voltmeter: V_m, mV" });
    await page.getByLabel("Projection").selectOption("cortex/E_I");
    await press("Run");
    await page.waitForTimeout(4000);
    await shoot(page, "session");
    await press("Pause");
    await press("Keep what is now");
    await page.getByText("before is what the session was").waitFor();
    await page.getByLabel("Spikes or weights of").selectOption({ label: "cortex/E_I: weights" });
    await page.getByLabel("Record the weights").check();
    await page.getByText("Only some of the time").click();
    await page.getByRole("button", { name: "Apply" }).scrollIntoViewIfNeeded();
    await shoot(page, "keeping");
    await press("Apply");
    await page.getByText("The weights of cortex/E_I are recorded").waitFor();
    await go("pong");
    await page.getByRole("button", { name: "Start the match" }).waitFor();
    await shoot(page, "pong");
    const other = (await openPage(browser)).page;
    await signIn(other, server.url, server.token, "pong");
    await other.getByLabel("Left player").selectOption("rn");
    await other.getByLabel("Right player").selectOption("r");
    await other.getByRole("button", { name: "Start the match" }).click();
    await other.getByLabel("Speed").fill("11");
    await expect.poll(() => polls(other), { timeout: 120_000 }).toBeGreaterThan(4000);
    await other.getByLabel("Speed").fill("7");
    await shoot(other, "match");
    const saved = other.waitForEvent("download");
    await other.getByRole("button", { name: "Save record" }).click();
    const record = await (await saved).path();
    await other.getByRole("button", { name: "End" }).click();
    await other.getByLabel(/Replay a record/).setInputFiles(record);
    await other.getByRole("button", { name: "Pause" }).click();
    await other.getByLabel("Poll", { exact: true }).fill("3000");
    await shoot(other, "replay");
    await press("You against R-STDP with noise");
    await page.getByLabel("Speed").fill("10");
    await expect.poll(() => polls(page), { timeout: 120_000 }).toBeGreaterThan(1000);
    await page.getByLabel("Speed").fill("5");
    await shoot(page, "you");
    await go("sessions");
    await page.getByRole("table").waitFor();
    await page.waitForTimeout(2500);
    await shoot(page, "sessions");
    await press("Start a session");
    await page.getByLabel(/^noise/).waitFor();
    await shoot(page, "start");
  });
});
