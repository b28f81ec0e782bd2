// What an error of the server says beyond its code and message.
import * as grpc from "@grpc/grpc-js";
import protobuf from "protobufjs";

// The messages of google.rpc that come with an error, as far as a spiked server
// sends them (google/rpc/status.proto and error_details.proto).
const { root } = protobuf.parse(`
  syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Duration { int64 seconds = 1; int32 nanos = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
  message BadRequest {
    message FieldViolation { string field = 1; string description = 2; }
    repeated FieldViolation field_violations = 1;
  }
  message QuotaFailure {
    message Violation { string subject = 1; string description = 2; }
    repeated Violation violations = 1;
  }
  message RetryInfo { Duration retry_delay = 1; }
`);

export interface ErrorDetails {
  // Why, as a constant such as NOT_FOUND or TIME_MISMATCH; empty if the error
  // does not come from a spiked server (a broken connection, say).
  reason: string;
  // Particulars by name.
  metadata: Record<string, string>;
  // The fields of the request that were refused, with what is wrong.
  fields: { field: string; description: string }[];
  // The limits of the server that are reached.
  quotas: { subject: string; description: string }[];
  // After which time in ms it is worth another try; unset if it is not.
  retryAfterMs?: number;
}

// An error of a call. `code` is one of grpc.status, and the message is the
// server's, with the reason.
export class SpikedError extends Error implements ErrorDetails {
  override readonly name = "SpikedError";
  readonly code: grpc.status;
  readonly reason: string;
  readonly metadata: Record<string, string>;
  readonly fields: { field: string; description: string }[];
  readonly quotas: { subject: string; description: string }[];
  readonly retryAfterMs?: number;

  constructor(code: grpc.status, message: string, details: ErrorDetails = decode([])) {
    super(details.reason ? `${message} [${details.reason}]` : `${grpc.status[code]}: ${message}`);
    this.code = code;
    this.reason = details.reason;
    this.metadata = details.metadata;
    this.fields = details.fields;
    this.quotas = details.quotas;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
  }

  // From what a call of grpc-js failed with.
  static from(error: grpc.ServiceError): SpikedError {
    return new SpikedError(
      error.code,
      error.details,
      decode(error.metadata.get("grpc-status-details-bin")),
    );
  }
}

// Reads a google.rpc.Status in binary, as trailing metadata holds it. What is
// none is passed over: an error must not hide behind another.
function decode(values: grpc.MetadataValue[]): ErrorDetails {
  const details: ErrorDetails = { reason: "", metadata: {}, fields: [], quotas: [] };
  try {
    for (const value of values) readInto(details, value);
  } catch {
    // Not a google.rpc.Status.
  }
  return details;
}

function readInto(details: ErrorDetails, status: grpc.MetadataValue): void {
  if (typeof status === "string") return;
  const read = (type: string, bytes: Uint8Array) => {
    const message = root.lookupType(type);
    return message.toObject(message.decode(bytes), { arrays: true, objects: true, longs: Number });
  };
  for (const { typeUrl, value } of read("google.rpc.Status", status)["details"]) {
    const type = typeUrl.split("/").at(-1);
    if (type === "google.rpc.ErrorInfo") {
      const { reason, metadata } = read(type, value);
      Object.assign(details, { reason, metadata });
    } else if (type === "google.rpc.BadRequest") {
      details.fields.push(...read(type, value)["fieldViolations"]);
    } else if (type === "google.rpc.QuotaFailure") {
      details.quotas.push(...read(type, value)["violations"]);
    } else if (type === "google.rpc.RetryInfo") {
      const { seconds = 0, nanos = 0 } = read(type, value)["retryDelay"];
      details.retryAfterMs = seconds * 1000 + nanos / 1e6;
    }
  }
}
