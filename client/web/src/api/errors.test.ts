import { create, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { expect, test } from "vitest";

import { BadRequestSchema, ErrorInfoSchema } from "../generated/spiked/_error_details_pb.ts";
import { explain, isLost } from "./errors.ts";

function serverError(code: Code, reason: string, field?: string): ConnectError {
  const error = new ConnectError("size is 0, and has to be at least 1", code);
  const info = create(ErrorInfoSchema, { reason, domain: "spiked" });
  error.details.push({ type: "google.rpc.ErrorInfo", value: toBinary(ErrorInfoSchema, info) });
  if (field !== undefined) {
    const bad = create(BadRequestSchema, {
      fieldViolations: [{ field, description: "at least 1" }],
    });
    error.details.push({ type: "google.rpc.BadRequest", value: toBinary(BadRequestSchema, bad) });
  }
  return error;
}

test("a field at fault is told with its path", () => {
  const field = "specification.populations[0].size";
  const problem = explain(serverError(Code.InvalidArgument, "INVALID_FIELD", field));
  expect(problem.reason).toBe("INVALID_FIELD");
  expect(problem.fields).toEqual([{ field, description: "at least 1" }]);
  expect(problem.message).toBe("Size is 0, and has to be at least 1.");
});

test("the path of a field does not begin the sentence", () => {
  const error = new ConnectError("duration_ms: must be 0 or more", Code.InvalidArgument);
  const fieldViolations = [{ field: "duration_ms", description: "must be 0 or more" }];
  const told = () => {
    const value = toBinary(BadRequestSchema, create(BadRequestSchema, { fieldViolations }));
    error.details = [{ type: "google.rpc.BadRequest", value }];
    return explain(error);
  };
  expect(told().message).toBe("Must be 0 or more.");
  expect(told().fields).toEqual([{ field: "duration_ms", description: "must be 0 or more" }]);
  fieldViolations.push({ field: "session", description: "must be set" });
  expect(told().message).toBe("Duration_ms: must be 0 or more.");
});

test("a reason comes with advice", () => {
  const problem = explain(serverError(Code.Unauthenticated, "TOKEN_EXPIRED"));
  expect(problem.advice).toContain("spikectl token new");
});

test("a network that fails is a server that does not answer", () => {
  const cause = new TypeError("Failed to fetch");
  const problem = explain(new ConnectError(cause.message, Code.Internal, undefined, [], cause));
  expect(problem.message).toBe("The server does not answer.");
  expect(problem.advice).toContain("tries again");
  expect(isLost(problem)).toBe(true);
});

test("an error of the server is not a lost one", () => {
  expect(isLost(explain(serverError(Code.NotFound, "NOT_FOUND")))).toBe(false);
});
