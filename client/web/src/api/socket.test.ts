import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";

import { explain } from "./errors.ts";
import { endOf } from "./socket.ts";

test("a stream without a last message has been cut", () => {
  expect(endOf(undefined)?.code).toBe(Code.Unavailable);
});

test("a stream may end without an error", () => {
  expect(endOf("{}")).toBeUndefined();
});

test("a stream may end with an error, of which all arrives", () => {
  // google.rpc.ErrorInfo with reason TIME_MISMATCH.
  const value = btoa("\x0a\x0dTIME_MISMATCH").replace(/=+$/, "");
  const details = [{ type: "google.rpc.ErrorInfo", value }];
  const error = endOf(JSON.stringify({ error: { code: "aborted", message: "late", details } }));
  expect(error?.code).toBe(Code.Aborted);
  expect(error?.rawMessage).toBe("late");
  expect(explain(error).reason).toBe("TIME_MISMATCH");
});

test("codes of two words are known", () => {
  const text = JSON.stringify({ error: { code: "resource_exhausted", message: "" } });
  expect(endOf(text)?.code).toBe(Code.ResourceExhausted);
});
