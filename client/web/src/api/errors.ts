// What went wrong, in words that say what to do about it.
import { fromBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";

import {
  BadRequestSchema,
  ErrorInfoSchema,
  QuotaFailureSchema,
} from "../generated/spiked/_error_details_pb.ts";

export interface FieldError {
  // Its path in the request, such as `specification.populations[2].size`.
  field: string;
  description: string;
}

export interface Problem {
  code: Code;
  // Why, as a constant such as `INVALID_FIELD`; empty if it is not the server that says so.
  reason: string;
  // What is wrong, in the server's words; where that is one field, without its path.
  message: string;
  // What to do about it; empty where the message says it all.
  advice: string;
  fields: FieldError[];
}

const ADVICE: Record<string, string> = {
  TOKEN_MISSING: "Sign in with a token.",
  TOKEN_MALFORMED: "Copy the whole token, without blanks, and sign in again.",
  TOKEN_UNKNOWN:
    "Check that it was copied whole and for this server. An admin can make a new one: spikectl token new NAME.",
  TOKEN_EXPIRED: "Ask an admin for a new one: spikectl token new NAME.",
  PERMISSION_DENIED:
    "It belongs to somebody else. Ask its owner to share it with you, or an admin for another role.",
  NOT_FOUND: "It may have been deleted, or the server started anew without keeping sessions.",
  SESSION_EXPIRED: "Nobody used it for too long. Start a new one, with a longer lease if you like.",
  ALREADY_EXISTS: "Choose another name.",
  NOT_RECORDED: "Spikes of this population are not recorded: choose others to watch.",
  NOT_REWARDED: "Only networks with rstdp_synapse learn from rewards.",
  TIME_MISMATCH:
    "Somebody else drives this session, too. One at a time: fork it to go your own way.",
  NOT_FINITE: "The numbers have left all bounds. Make weights or currents smaller and start again.",
  SESSION_BUSY: "Many commands wait for it already. Try again in a moment.",
  SESSION_FAILED: "It can still be read and deleted, but not go on. Start a new one.",
  STORAGE_FULL:
    "The server's disk is full. Tell its admin; delete sessions that you no longer need.",
  OUT_OF_MEMORY: "Delete sessions that you no longer need, or build a smaller network.",
  QUOTA_EXCEEDED: "Delete sessions that you no longer need, or ask an admin for more.",
  READOUT_TOO_LARGE: "Choose less to watch.",
  REPLY_TOO_LARGE: "Choose less to watch.",
  SHUTTING_DOWN: "The server is going down. The page goes on when it is back.",
};

const ADVICE_BY_CODE: Partial<Record<Code, string>> = {
  [Code.Unavailable]:
    "Is the server running, and this machine connected to it? The page tries again by itself.",
  [Code.Unauthenticated]: "Sign in with a token.",
  [Code.DeadlineExceeded]: "The server is very busy. Try again in a while.",
  [Code.Unimplemented]: "This page is newer than the server. Load the page again.",
};

// The detail of this type in an error, if it has one. Ours are those of google.rpc
// under another name.
function detail<T extends DescMessage>(
  error: ConnectError,
  schema: T,
): MessageShape<T> | undefined {
  const name = `google.rpc.${schema.name}`;
  for (const found of error.details) {
    if ("type" in found && found.type === name) return fromBinary(schema, found.value);
  }
  return undefined;
}

export function explain(thrown: unknown): Problem {
  const error = ConnectError.from(thrown);
  // A call that never reached a server: what browsers say of it helps nobody.
  const network = thrown instanceof ConnectError && thrown.cause instanceof TypeError;
  const code = network ? Code.Unavailable : error.code;
  const reason = detail(error, ErrorInfoSchema)?.reason ?? "";
  const quotas = detail(error, QuotaFailureSchema)?.violations ?? [];
  const fields = detail(error, BadRequestSchema)?.fieldViolations ?? [];
  return {
    code,
    reason,
    message: network
      ? "The server does not answer."
      : sentence(
          withoutField(error.rawMessage, fields) ||
            quotas.map((quota) => quota.description).join("; "),
        ),
    advice: ADVICE[reason] ?? (reason ? "" : (ADVICE_BY_CODE[code] ?? "")),
    fields: fields.map(({ field, description }) => ({ field, description })),
  };
}

// Whether another try may find the server again.
export function isLost(problem: Problem): boolean {
  return problem.code === Code.Unavailable;
}

function withoutField(message: string, fields: FieldError[]): string {
  const path = `${fields[0]?.field}: `;
  return fields.length === 1 && message.startsWith(path) ? message.slice(path.length) : message;
}

function sentence(text: string): string {
  if (!text) return "Something went wrong, and the server does not say what.";
  const begun = text[0]!.toUpperCase() + text.slice(1);
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}
