// Whether the server is there, and who we are to it.
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

import type { Account } from "../generated/spiked/v1/access_service_pb.ts";
import { Store } from "../store.ts";
import { Backoff, wait } from "./backoff.ts";
import { explain, isLost, type Problem } from "./errors.ts";

export type Connection =
  // Not known yet.
  | { kind: "connecting" }
  // The server knows no token of ours. `problem`: what it said to the one we gave.
  | { kind: "signed out"; problem?: Problem }
  | { kind: "up"; account: Account }
  // It was there, or should be. The page keeps asking.
  | { kind: "lost"; account?: Account };

export const connection = new Store<Connection>({ kind: "connecting" });

// Asks the server who we are. Set by the client, which needs what is here.
let ask: () => Promise<Account>;

// Calls tell here what becomes of them.
export const noticing: Interceptor = (next) => async (request) => {
  try {
    return await next(request);
  } catch (reason) {
    const error = ConnectError.from(reason);
    notice(error);
    throw error;
  }
};

// Takes down what an error says of the connection.
export function notice(error: ConnectError): void {
  const problem = explain(error);
  if (problem.code === Code.Unauthenticated) connection.set({ kind: "signed out" });
  else if (isLost(problem)) lose();
}

let asking = false;
// How often somebody has signed out: what was asked before is not answered for them.
let signedOut = 0;

// The server does not answer, or a stream of it has broken: asks until it is there
// again.
export function lose(): void {
  const now = connection.value;
  if (now.kind === "signed out" || asking) return;
  if (now.kind === "up") connection.set({ kind: "lost", account: now.account });
  void find();
}

async function find(): Promise<void> {
  asking = true;
  const backoff = new Backoff();
  while (!(await check())) await wait(backoff.next());
  asking = false;
}

// Whether the server has answered.
async function check(): Promise<boolean> {
  const before = signedOut;
  try {
    const account = await ask();
    if (before === signedOut) connection.set({ kind: "up", account });
    return true;
  } catch (error) {
    const problem = explain(error);
    if (!isLost(problem)) {
      connection.set(
        problem.code === Code.Unauthenticated
          ? { kind: "signed out" }
          : { kind: "signed out", problem },
      );
      return true;
    }
    if (connection.value.kind === "connecting") connection.set({ kind: "lost" });
    return false;
  }
}

// Begins.
export async function connect(whoAmI: () => Promise<Account>): Promise<void> {
  ask = whoAmI;
  addEventListener("hashchange", () => void signInByAddress());
  if (!(await signInByAddress())) await find();
}

// Signs in with the token in the address, and takes it out of there. False: there is
// none.
async function signInByAddress(): Promise<boolean> {
  const token = /^#\/?token=(.+)$/.exec(location.hash)?.[1];
  if (token === undefined) return false;
  history.replaceState(null, "", location.pathname + location.search + "#/");
  await signIn(decoded(token));
  return true;
}

// What is no code of a character stands for itself.
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export async function signIn(token: string): Promise<void> {
  try {
    await post("login", { token: token.trim() });
  } catch (error) {
    connection.set({ kind: "signed out", problem: explain(error) });
    return;
  }
  await find();
}

export async function signOut(): Promise<void> {
  try {
    await post("logout", {});
    ++signedOut;
    connection.set({ kind: "signed out" });
  } catch (error) {
    // Only the server takes its cookie back.
    notice(ConnectError.from(error));
  }
}

async function post(path: string, body: object): Promise<void> {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }).catch((error: unknown) => {
    throw new ConnectError("", Code.Unavailable, undefined, [], error);
  });
  if (!answer.ok) throw errorOf(await answer.json().catch(() => ({})), answer.status);
}

// An error in Connect's JSON.
export function errorOf(json: unknown, httpStatus = 500): ConnectError {
  const { code, message, details } = (json ?? {}) as {
    code?: string;
    message?: string;
    details?: { type: string; value: string }[];
  };
  const known = Object.entries(Code).find(([name]) => snake(name) === code)?.[1];
  const fallback =
    httpStatus === 401 ? Code.Unauthenticated : httpStatus >= 502 ? Code.Unavailable : Code.Unknown;
  const error = new ConnectError(message ?? "", typeof known === "number" ? known : fallback);
  error.details = (details ?? []).map(({ type, value }) => ({
    type,
    value: Uint8Array.from(atob(value.replace(/-/g, "+").replace(/_/g, "/")), (c) =>
      c.charCodeAt(0),
    ),
  }));
  return error;
}

const snake = (name: string) => name.replace(/(?<!^)[A-Z]/g, "_$&").toLowerCase();
