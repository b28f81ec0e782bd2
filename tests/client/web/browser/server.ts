// A server of our own with a page.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const SOURCE = process.env["SPIKED_SOURCE"]!;
const binary = process.env["SPIKED_BINARY"]!;

export class Server {
  readonly folder = mkdtempSync(join(tmpdir(), "spiked-web-"));
  readonly token = "a-token-that-nobody-else-knows-0123456789";
  // For programs.
  readonly address = `unix:${this.folder}/s`;
  // For browsers, such as `http://127.0.0.1:34567`.
  url = "";
  #process: ChildProcess | undefined;
  #port = "0";

  // Starts it; again at the same address if it was there before.
  async start(): Promise<void> {
    const { folder } = this;
    const options = [
      ["--listen", this.address],
      ["--web", `127.0.0.1:${this.#port}`],
      ["--web-files", join(SOURCE, "client/web/dist")],
      ["--data-dir", join(folder, "data")],
      ["--accounts", join(folder, "accounts.json")],
    ].flat();
    const env = { ...process.env, SPIKED_OWNER_TOKEN: this.token };
    const server = spawn(binary, options, { env, stdio: ["ignore", "ignore", "pipe"] });
    this.#process = server;
    let log = "";
    await new Promise<void>((resolve, reject) => {
      server.once("exit", () => reject(new Error(`the server has ended: ${log}`)));
      server.stderr!.on("data", (text: Buffer) => {
        log += text;
        const port = /http:\/\/127\.0\.0\.1:(\d+)\//.exec(log)?.[1];
        if (!port) return;
        this.#port = port;
        this.url = `http://127.0.0.1:${port}`;
        resolve();
      });
    });
  }

  async kill(): Promise<void> {
    const server = this.#process!;
    server.removeAllListeners("exit");
    server.kill("SIGKILL");
    await once(server, "exit");
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}
