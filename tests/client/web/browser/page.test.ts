// The page in a browser, with a server behind it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { call, drawn, launch, openPage, PATIENCE_MS, signIn, violations } from "./browser.ts";
import { Server, SOURCE } from "./server.ts";

const pong = process.env["SPIKED_PONG_BINARY"]!;

const server = new Server();
let browser: Browser;
let page: Page;
let faults: string[];

beforeAll(async () => {
  await server.start();
  browser = await launch();
});
afterAll(async () => {
  await browser.close();
  await server.end();
});
beforeEach(async () => {
  ({ page, faults } = await openPage(browser));
});
afterEach(async () => {
  expect(faults).toEqual([]);
  // Pages that leave a match leave its session.
  await signIn(page, server.url, server.token);
  const left = async () => {
    for (const { name } of await sessions()) await call(page, "DeleteSession", { session: name });
    return sessions();
  };
  await expect.poll(left).toEqual([]);
  await page.context().close();
});

const button = (name: string | RegExp, on: Page = page) =>
  on.getByRole("button", { name, exact: true });

// As the server knows them.
const sessions = async (): Promise<any[]> =>
  (await call(page, "ListSessions", {})).sessions ?? [];

// The match in the page, with polls as the record of spiked-pong has them.
async function startMatch(polls: number, speed: "full" | "slow" = "full"): Promise<void> {
  await page.getByLabel("Left player").selectOption("rn");
  await page.getByLabel("Right player").selectOption("r");
  await page.getByLabel("Polls").fill(String(polls));
  await button("Start the match").click();
  if (speed === "full") await setFullSpeed();
}

const setFullSpeed = () => page.getByLabel("Speed").fill("11");
const polls = async (on: Page = page) =>
  Number((await on.locator("#polls").innerText()).replaceAll(/\s/g, ""));

// The file that a button saves. Chromium takes a second file for one that nobody has asked for
// where it has not heard of the press by the time of the click: so the button is held for a
// moment, and pressed again where that was too short.
async function saved(name: string): Promise<string> {
  for (let tries = 1; ; ++tries) {
    const download = page.waitForEvent("download", { timeout: PATIENCE_MS / 3 });
    await button(name).click({ delay: 50 });
    try {
      return readFileSync(await (await download).path(), "utf8");
    } catch (error) {
      if (tries === 3) throw error;
    }
  }
}

// What spiked-pong records of such a match.
function expectedRecord(count: number): string {
  const file = join(server.folder, `expected-${count}`);
  const options = ["--players", "rn,r", "--seed", "1", "--polls", String(count)];
  const record = ["--record", file, "--record-weights", "50"];
  execFileSync(pong, ["--server", server.address, "--plain", ...options, ...record]);
  return readFileSync(file, "utf8");
}

async function middleOf(element: Locator): Promise<[number, number]> {
  const { x, y, width, height } = (await element.boundingBox())!;
  return [x + width / 2, y + height / 2];
}

// The last poll of the match in the page.
const recorded = async () => JSON.parse((await savedRecord()).trim().split("\n").at(-1)!);

const savedRecord = () => saved("Save record");

describe("signing in", () => {
  test("a token that is not known is told as such, and a known one lets in", async () => {
    await page.goto(server.url);
    await page.getByLabel("Token").fill("no-such-token");
    await button("Sign in").click();
    await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/spikectl token new/);
    await page.getByLabel("Token").fill(server.token);
    await button("Sign in").click();
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    await button("Sign out").click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  });

  test("a token in the address lets in, and is taken out of it", async () => {
    await page.goto(`${server.url}/#token=${server.token}`);
    await page.getByRole("heading", { name: "Sessions" }).waitFor();
    expect(page.url()).not.toContain(server.token);
    expect(await page.evaluate(() => document.cookie)).toBe("");
  });
});

describe("pong", () => {
  test("200 polls of rn,r are those of spiked-pong, byte for byte", async () => {
    await signIn(page, server.url, server.token, "pong");
    await startMatch(200);
    await page.getByText("The match is over.").waitFor();
    expect(await savedRecord()).toBe(expectedRecord(200));
    await drawn(page, /^Motor spikes of R-STDP with noise/, 3);
    await drawn(page, /^Weights of R-STDP,/, 10);
    await drawn(page, /^Mean rewards/, 3);
  });

  test("a match is paused, goes on by a step, and is ended with its session", async () => {
    await signIn(page, server.url, server.token, "pong");
    await startMatch(0, "slow");
    await expect.poll(polls).toBeGreaterThan(3);
    await button("Pause").click();
    // When what was under way is over.
    await button("Go on").waitFor();
    const before = await recorded();
    await button("Step").click();
    await button("Step").click();
    await expect.poll(polls).toBe(before.poll + 3);
    expect((await recorded()).poll).toBe(before.poll + 2);
    await button("End").click();
    await button("Start the match").waitFor();
    await expect.poll(sessions).toEqual([]);
  });

  test("who signs out ends the match", async () => {
    await signIn(page, server.url, server.token, "pong");
    await startMatch(0, "slow");
    await expect.poll(polls).toBeGreaterThan(3);
    await button("Sign out").click();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(page, server.url, server.token, "pong");
    await button("Start the match").waitFor();
    await expect.poll(sessions).toEqual([]);
  });

  test("who closes the page during a match is asked first", async () => {
    // What a browser does before it closes a page.
    const asks = () =>
      page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
    await signIn(page, server.url, server.token, "pong");
    expect(await asks()).toBe(false);
    await startMatch(0, "slow");
    await expect.poll(polls).toBeGreaterThan(3);
    expect(await asks()).toBe(true);
    await button("End").click();
    await button("Start the match").waitFor();
    expect(await asks()).toBe(false);
  });

  test("a second page watches the match, and nothing is sent to it once it is left", async () => {
    await signIn(page, server.url, server.token, "pong");
    await startMatch(0, "slow");
    const href = await page.getByRole("link", { name: "Watch the session" }).getAttribute("href");
    const session = `sessions/${href!.split("/").at(-1)}`;
    const watches = async () => {
      const { session: now } = await call(page, "GetSession", { session });
      return (now.uses ?? []).reduce((sum: number, use: any) => sum + (use.watches ?? 0), 0);
    };
    const other = await openPage(browser);
    await signIn(other.page, server.url, server.token, href!.slice(2));
    await drawn(other.page, /^Spikes of 2 populations/, 3);
    const time = () => other.page.locator("#time").innerText();
    const then = await time();
    await expect.poll(time).not.toBe(then);
    await other.page.getByLabel("Projection").selectOption("left/input_motor");
    await drawn(other.page, /^Weights of left\/input_motor/, 10);
    await expect.poll(watches).toBe(2);
    await other.page.goto(`${server.url}/#/networks`);
    await expect.poll(watches).toBe(0);
    expect(other.faults).toEqual([]);
    await other.page.context().close();
    await button("End").click();
    await button("Start the match").waitFor();
  });

  test("you play with mouse and keys, and the network learns meanwhile", async () => {
    await signIn(page, server.url, server.token, "pong");
    await page.getByLabel("Right player").selectOption("r");
    await button("You against R-STDP").click();
    const field = page.getByRole("application");
    await field.waitFor();
    // So high over the field, from 0 (bottom) to 1, wherever that is by now.
    const point = async (up: number) => {
      const box = (await field.boundingBox())!;
      await field.hover({ position: { x: box.width / 2, y: box.height * (1 - up) } });
    };
    // A paddle takes 20 polls from one end to the other.
    const later = async () => {
      const then = await polls();
      await expect.poll(polls).toBeGreaterThan(then + 25);
    };
    await point(0.97);
    await later();
    expect((await recorded()).left.cell).toBeGreaterThan(17);
    // From its middle beyond its end at once.
    await point(0.5);
    const { x, y, width, height } = (await field.boundingBox())!;
    await page.mouse.move(x + width / 2, y + height + 40);
    await later();
    expect((await recorded()).left.cell).toBeLessThan(2);
    await field.focus();
    await page.keyboard.down("ArrowUp");
    await later();
    await page.keyboard.up("ArrowUp");
    expect((await recorded()).left.cell).toBeGreaterThan(17);
    await setFullSpeed();
    await expect.poll(polls).toBeGreaterThan(300);
    const [session] = await sessions();
    expect(session.networks).toEqual(["right"]);
    const request = { session: session.name, projection: "right/input_motor" };
    const { weights } = await call(page, "GetWeights", request);
    // They begin around 1586 pA, with a deviation of 5.
    expect(Math.max(...weights.weights)).toBeGreaterThan(1640);
    const scored = page.getByText(/^Score \d+ to \d+$/);
    expect(await scored.textContent()).not.toBe("Score 0 to 0");
    await button("End").click();
    await button("Start the match").waitFor();
  });

  test("you play on a phone, with a finger", async () => {
    await page.context().close();
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
    ({ page, faults } = await openPage(browser, phone));
    await signIn(page, server.url, server.token, "pong");
    await button("You against R-STDP with noise").click();
    const field = page.getByRole("application");
    await field.scrollIntoViewIfNeeded();
    const finger = await page.context().newCDPSession(page);
    // So high over the field, from 0 (bottom) to 1.
    const touch = async (type: "touchStart" | "touchMove", up: number) => {
      const { x, y, width, height } = (await field.boundingBox())!;
      const touchPoints = [{ x: x + width / 2, y: y + height * (1 - up) }];
      await finger.send("Input.dispatchTouchEvent", { type, touchPoints });
    };
    const cell = async () => (await recorded()).left.cell;
    const scrolled = () => page.evaluate(() => scrollY);
    const before = await scrolled();
    await touch("touchStart", 0.5);
    for (let up = 0.5; up < 0.97; up += 0.02) await touch("touchMove", up);
    // The page stays where it is, under the finger.
    expect(await scrolled()).toBe(before);
    await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
    await expect.poll(cell).toBeGreaterThan(17);
    await page.touchscreen.tap(...(await middleOf(field)));
    await expect.poll(cell).toBeLessThan(12);
    await button("End").click();
    await button("Start the match").waitFor();
  });

  test("a server that is lost comes back, and the match is the same as without", async () => {
    await signIn(page, server.url, server.token, "pong");
    await startMatch(600, "slow");
    // Slow enough that it is not over before the server is lost.
    await page.getByLabel("Speed").fill("3");
    await expect.poll(polls).toBeGreaterThan(20);
    await server.kill();
    await page.getByText("The server does not answer.").waitFor();
    expect(await polls()).toBeLessThan(600);
    await setFullSpeed();
    await server.start();
    await page.getByText("The match is over.").waitFor();
    expect(await page.getByText("The server does not answer.").count()).toBe(0);
    expect(await savedRecord()).toBe(expectedRecord(600));
  });

  test("a record is replayed, and what is none is told as such", async () => {
    await signIn(page, server.url, server.token, "pong");
    const choose = (content: string) =>
      page.getByLabel(/Replay a record/).setInputFiles({
        name: "match.jsonl",
        mimeType: "text/plain",
        buffer: Buffer.from(content),
      });
    await choose("{}");
    await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/no poll of pong/);
    await choose(expectedRecord(200));
    await setFullSpeed();
    await page.getByText("The match is over.").waitFor();
    await drawn(page, /^Weights of Left player/, 10);
    await drawn(page, /^Pong: Left player/, 3);
    // Back to where 50 polls have been played, and on from there.
    await page.getByLabel("Speed").fill("0");
    const place = page.getByLabel("Poll", { exact: true });
    await place.fill("50");
    await expect.poll(polls).toBeLessThan(200);
    await button("Pause").click();
    expect(await polls()).toBeGreaterThanOrEqual(50);
    await place.fill("150");
    await expect.poll(polls).toBe(150);
    expect(await place.getAttribute("aria-valuetext")).toBe("150 of 200");
    await drawn(page, /^Weights of Left player/, 10);
    await button("Step").click();
    await expect.poll(polls).toBe(151);
  });
});

describe("a viewer", () => {
  // A method of AccessService, as the owner.
  async function access(method: string, request: object): Promise<any> {
    const answer = await fetch(`${server.url}/spiked.v1.AccessService/${method}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${server.token}` },
      body: JSON.stringify(request),
    });
    return answer.json();
  }

  test("watches what is shared, and is offered nothing that is refused", async () => {
    await access("PutAccount", { account: "vera", role: "ROLE_VIEWER" });
    const { token } = await access("CreateToken", { account: "vera" });
    await signIn(page, server.url, server.token);
    const session = "sessions/shared";
    await call(page, "CreateSession", { session_id: "shared", display_name: "shared" });
    const preset = { name: "pong/rstdp", options: { noise: true } };
    await call(page, "CreateNetwork", { session, network: "net", preset });
    const shares = [{ account: "vera", right: "SHARE_RIGHT_WATCH" }];
    await call(page, "ShareSession", { session, shares });
    const other = await openPage(browser);
    await signIn(other.page, server.url, token);
    await other.page.getByRole("link", { name: "shared" }).click();
    await call(page, "Step", { session, duration_ms: 1000 });
    await expect.poll(() => other.page.locator("#time").innerText()).toBe("1.0 s");
    await drawn(other.page, /^Spikes of/, 1);
    for (const name of ["Run", "Halt"]) expect(await button(name, other.page).count()).toBe(0);
    await other.page.goto(`${server.url}/#/sessions`);
    await other.page.getByRole("table").waitFor();
    for (const name of ["Start a session", "Delete shared", "Fork shared"]) {
      expect(await button(name, other.page).count()).toBe(0);
    }
    await other.page.goto(`${server.url}/#/pong`);
    await other.page.getByText("You are a viewer here").waitFor();
    expect(await button("Start the match", other.page).count()).toBe(0);
    await other.page.goto(`${server.url}/#/networks`);
    await other.page.getByText("You are a viewer here").waitFor();
    expect(await button("Build and watch", other.page).isDisabled()).toBe(true);
    expect(await violations(other.page)).toEqual([]);
    expect(other.faults).toEqual([]);
    await other.page.context().close();
  });
});

describe("sessions", () => {
  test("one is started, run, forked, shared and deleted", async () => {
    await signIn(page, server.url, server.token);
    await button("Start a session").click();
    await page.getByRole("textbox", { name: "Name", exact: true }).fill("mine");
    await page.getByLabel("Labels").fill("course=neuro");
    await page.getByLabel(/^noise/).check();
    await button("Start").click();
    await page.getByRole("heading", { name: "mine" }).waitFor();
    await button("Run").click();
    await expect.poll(() => page.locator("#time").innerText()).toMatch(/ s$/);
    await button("Pause").click();
    await page.getByRole("link", { name: "All sessions" }).click();
    await button("Fork mine").click();
    await button("Fork").click();
    await page.getByRole("link", { name: "mine, fork" }).waitFor();
    await button("Share mine").click();
    await button("Add somebody").click();
    await page.getByLabel("Account").fill("*");
    await button("Save").click();
    await page.getByText("shared with all").waitFor();
    for (const name of ["mine, fork", "mine"]) {
      await button(`Delete ${name}`).click();
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
      await page.getByRole("link", { name, exact: true }).waitFor({ state: "detached" });
    }
  });

  test("one that is deleted while it is watched is told once, and cannot be driven", async () => {
    await signIn(page, server.url, server.token);
    const session = "sessions/short";
    await call(page, "CreateSession", { session_id: "short", display_name: "short" });
    await page.goto(`${server.url}/#/sessions/short`);
    await button("Run").click();
    await expect.poll(() => page.locator("#time").innerText()).not.toBe("0 ms");
    await call(page, "DeleteSession", { session });
    await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/^There is no session/);
    for (const name of ["Run", "Pause", "Step", "Halt", "Keep what is now", "Apply"]) {
      await expect.poll(() => button(name).count()).toBe(0);
    }
  });

  test("one that is not there is told as such, with what to do", async () => {
    await signIn(page, server.url, server.token, "sessions/nowhere");
    await expect.poll(() => page.getByRole("alert").first().innerText()).toMatch(/deleted/);
  });
});

describe("a session", () => {
  // Some neurons that fire by themselves, and make each other fire.
  const specification = {
    populations: [
      { name: "drive", model: "poisson_generator", size: 1, parameters: { rate: { number: 5000 } } },
      { name: "n", model: "iaf_psc_exp", size: 10, record_spikes: true },
    ],
    projections: [
      { name: "in", source: "drive", target: "n", rule: { all_to_all: {} }, weight: { number: 200 } },
      { name: "nn", source: "n", target: "n", rule: { all_to_all: {} } },
    ],
  };
  const time = () => page.locator("#time").innerText();
  const step = async (ms: number) => {
    await page.getByLabel("Step, ms").fill(String(ms));
    await button("Step").click();
  };

  test("is kept under a name, goes back to it bit for bit, and forgets it", async () => {
    await signIn(page, server.url, server.token);
    const session = "sessions/kept";
    await call(page, "CreateSession", { session_id: "kept", display_name: "kept" });
    await call(page, "CreateNetwork", { session, network: "net", specification });
    const spikes = async () =>
      (await call(page, "GetSpikes", { session, population: "net/n", after_ms: 500 })).spikes;
    await page.goto(`${server.url}/#/sessions/kept`);
    await step(500);
    await expect.poll(time).toBe("500 ms");
    await page.getByLabel("Name of a snapshot").fill("no name");
    await button("Keep what is now").click();
    await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/snapshot/);
    await page.getByLabel("Name of a snapshot").fill("early");
    await button("Keep what is now").click();
    await page.getByText("early is what the session was at 500 ms.").waitFor();
    await step(1000);
    await expect.poll(time).toBe("1.5 s");
    const first = await spikes();
    expect(first.senders.length).toBeGreaterThan(10);
    await button("Go back to early").click();
    await page.getByRole("dialog").getByRole("button", { name: "Go back" }).click();
    await page.getByText("The session is back at 500 ms").waitFor();
    await expect.poll(time).toBe("500 ms");
    await step(1000);
    await expect.poll(time).toBe("1.5 s");
    expect(await spikes()).toEqual(first);
    await button("Forget early").click();
    await page.getByText("Nothing is kept of this session yet.").waitFor();
  });

  test("records other spikes and weights from now on, as is asked", async () => {
    await signIn(page, server.url, server.token);
    const session = "sessions/recorded";
    await call(page, "CreateSession", { session_id: "recorded" });
    await call(page, "CreateNetwork", { session, network: "net", specification });
    await page.goto(`${server.url}/#/sessions/recorded`);
    const choose = (label: string) => page.getByLabel("Spikes or weights of").selectOption({ label });
    await step(100);
    await expect.poll(time).toBe("100 ms");
    await choose("net/nn: weights");
    await page.getByLabel("Record the weights").check();
    await page.getByText("Only some of the time").click();
    await page.getByLabel("Record up to, ms").fill("soon");
    await button("Apply").click();
    await page.getByText('"soon" is no number').waitFor();
    await page.getByLabel("Record up to, ms").fill("250");
    await button("Apply").click();
    await page.getByText("The weights of net/nn are recorded after 100 ms.").waitFor();
    await choose("net/nn: weights, recorded");
    await step(200);
    await expect.poll(time).toBe("300 ms");
    const lines = (await saved("Save the record as CSV")).trim().split("\n");
    expect(lines[0]).toBe("time_ms,source,target,weight_pA");
    const times = lines.slice(1).map((line) => Number(line.split(",")[0]));
    expect(times.length).toBeGreaterThan(0);
    expect(Math.min(...times)).toBeGreaterThan(100);
    expect(Math.max(...times)).toBeLessThanOrEqual(250);
    await choose("net/n: spikes, recorded");
    await page.getByLabel("Record the spikes").uncheck();
    await button("Apply").click();
    await page.getByText("The spikes of net/n are not recorded any more.").waitFor();
    // The plots follow.
    await expect.poll(() => page.getByLabel(/^net\/n \(/).count()).toBe(0);
  });
});

describe("networks", () => {
  test("one is checked, and what is wrong stands beside its field", async () => {
    await signIn(page, server.url, server.token, "networks");
    await button("Check").click();
    await page.getByText("All is well: 1 001 neurons").waitFor();
    await page.getByText("E 800 iaf_psc_exp").click();
    await page.getByText("Parameters (11, 1 changed)").first().click();
    await page.getByLabel("C_m, pF").first().fill("-1");
    await button("Check").click();
    await page.getByLabel("C_m, pF").first().and(page.locator("[aria-invalid]")).waitFor();
  });

  test("one that was saved is opened as it was, and what is none is told", async () => {
    await signIn(page, server.url, server.token, "networks");
    const open = (content: string) =>
      page.getByLabel("Open JSON").setInputFiles({
        name: "other.json",
        mimeType: "application/json",
        buffer: Buffer.from(content),
      });
    const specification = JSON.parse(await saved("Save as JSON"));
    specification.populations[0].size = 700;
    const changed = JSON.stringify(specification);
    await open(changed);
    await page.getByText("E 700 iaf_psc_exp").waitFor();
    expect(await page.getByRole("textbox", { name: "Name" }).first().inputValue()).toBe("other");
    expect(JSON.parse(await saved("Save as JSON"))).toEqual(specification);
    await open("{}");
    await expect.poll(() => page.getByRole("alert").innerText()).toMatch(/No population/);
    expect(JSON.parse(await saved("Save as JSON"))).toEqual(specification);
  });

  test("one says what is recorded, of whom and when, and so do its file and its script", async () => {
    await signIn(page, server.url, server.token, "networks");
    await page.getByText("E → I, fixed_indegree").click();
    const form = page.locator("details.part[open]");
    await form.getByLabel("Rule").selectOption("all_to_all");
    await form.getByLabel("Neurons of the source").fill("0-9");
    await form.getByLabel("Neurons of the target").fill("7, 3");
    await form.getByLabel("Record its weights").check();
    await form.getByText("Only some of the time").click();
    await form.getByLabel("Record after, ms").fill("20");
    await form.getByLabel("Keep at most").fill("1000");
    const json = await saved("Save as JSON");
    expect(JSON.parse(json).projections[3]).toMatchObject({
      source_neurons: { range: { count: 10 } },
      target_neurons: { list: { indices: [7, 3] } },
      record_weights: true,
      record_limit: 1000,
      record_window: { start_ms: 20 },
    });
    await button("Begin anew").click();
    await page.getByText("E_I E → I, fixed_indegree").waitFor();
    await page.getByLabel("Open JSON").setInputFiles({
      name: "other.json",
      mimeType: "application/json",
      buffer: Buffer.from(json),
    });
    await page.getByText("E_I E → I, all_to_all").waitFor();
    expect(await saved("Save as JSON")).toBe(json);
    const script = await saved("Save as Python");
    const asked = `${script.replace("session.delete()", "")}\nprint(session.get_weight_record("other/E_I").weights.size)\n`;
    const env = { ...process.env, SPIKED_SERVER: server.address, PYTHONDONTWRITEBYTECODE: "1" };
    const printed = execFileSync("/usr/bin/python3", ["-c", asked], { env, encoding: "utf8" });
    await button("Build and watch").click();
    await page.getByRole("heading", { name: "other" }).waitFor();
    await page.getByLabel("Step, ms").fill("1000");
    await button("Step").click();
    await expect.poll(() => page.locator("#time").innerText()).toBe("1.0 s");
    const { name } = (await sessions()).find(({ displayName }) => displayName === "other");
    const request = { session: name, projection: "other/E_I" };
    const { record } = await call(page, "GetWeightRecord", request);
    expect(record.weights.length).toBeGreaterThan(0);
    expect(printed.trim().split("\n").at(-1)).toBe(String(record.weights.length));
  });

  test("one is built, runs, and its script does the same in Python", async () => {
    await signIn(page, server.url, server.token, "networks");
    const script = await saved("Save as Python");
    const env = {
      ...process.env,
      SPIKED_SERVER: server.address,
      PYTHONDONTWRITEBYTECODE: "1",
    };
    const printed = execFileSync("/usr/bin/python3", ["-c", script], { env, encoding: "utf8" });
    await button("Build and watch").click();
    await page.getByRole("heading", { name: "cortex" }).waitFor();
    await page.getByLabel("Step, ms").fill("1000");
    await button("Step").click();
    await expect.poll(() => page.locator("#time").innerText()).toBe("1.0 s");
    const [session] = await sessions();
    const request = { session: session.name, population: "cortex/E" };
    const { spikes } = await call(page, "GetSpikes", request);
    const count = spikes.senders.length.toLocaleString("en");
    expect(printed).toContain(`${count} spikes of 800 neurons`);
    await page.getByLabel("Multimeter").selectOption({ label: "cortex/voltmeter: V_m, mV" });
    await button("Step").click();
    await drawn(page, /^V_m, mV of cortex\/voltmeter/, 5);
  });
});

describe("accessibility", () => {
  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds nothing in the ${colorScheme} theme`, async () => {
      const found: Record<string, string[]> = {};
      const opened = await openPage(browser, { colorScheme });
      const look = async (name: string) => {
        found[name] = await violations(opened.page);
      };
      const go = async (view: string, heading: string) => {
        await opened.page.goto(`${server.url}/#/${view}`);
        await opened.page.getByRole("heading", { name: heading, level: 1 }).waitFor();
      };
      const press = (name: string) => button(name, opened.page).click();
      await opened.page.goto(server.url);
      await opened.page.getByRole("heading", { name: "Sign in" }).waitFor();
      await look("sign in");
      await signIn(opened.page, server.url, server.token);
      await go("sessions", "Sessions");
      await look("no sessions");
      await press("Start a session");
      await opened.page.getByLabel(/^noise/).waitFor();
      await look("start");
      await press("Start");
      await opened.page.getByText("Owner", { exact: true }).waitFor();
      await opened.page.getByLabel("Projection").selectOption("net/input_motor");
      await press("Run");
      await opened.page.getByText(/\(now\)/).waitFor();
      await look("session");
      await go("sessions", "Sessions");
      await opened.page.getByRole("table").waitFor();
      await look("sessions");
      await go("networks", "Networks");
      await opened.page.getByText("E 800 iaf_psc_exp").click();
      await look("networks");
      await go("pong", "Pong");
      await look("pong");
      await press("You against R-STDP with noise");
      await opened.page.getByRole("application").waitFor();
      await look("playing");
      for (const [view, lines] of Object.entries(found)) expect(lines, view).toEqual([]);
      await press("End");
      expect(opened.faults).toEqual([]);
      await opened.page.context().close();
    });
  }
});
