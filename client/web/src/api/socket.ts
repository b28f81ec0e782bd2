// Messages of a streaming method over a WebSocket: each binary frame is one. The
// server's last is a text, Connect's end of a stream.
import {
  create,
  fromBinary,
  toBinary,
  type DescMethod,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";

import { errorOf, notice } from "./connection.ts";

export interface SocketEvents<M extends DescMethod> {
  message(message: MessageShape<M["output"]>): void;
  // Nothing comes any more. No error: the server has ended it.
  end(error: ConnectError | undefined): void;
}

export class Socket<M extends DescMethod> {
  readonly #method: M;
  readonly #socket: WebSocket;
  // What is to be sent once it is open.
  #early: Uint8Array[] = [];
  // By us: that is no loss.
  #closed = false;

  constructor(method: M, events: SocketEvents<M>) {
    this.#method = method;
    const url = new URL(`/${method.parent.typeName}/${method.name}`, location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    this.#socket = new WebSocket(url);
    this.#socket.binaryType = "arraybuffer";
    let last: string | undefined;
    this.#socket.onopen = () => {
      for (const bytes of this.#early) this.#socket.send(bytes);
      this.#early = [];
    };
    this.#socket.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === "string") last = data;
      else events.message(fromBinary(method.output, new Uint8Array(data)) as never);
    };
    this.#socket.onclose = () => {
      const error = endOf(last);
      if (error && !this.#closed) notice(error);
      events.end(error);
    };
  }

  send(message: MessageInitShape<M["input"]>): void {
    const { input } = this.#method;
    const bytes = toBinary(input, create(input, message as never));
    if (this.#socket.readyState === WebSocket.CONNECTING) this.#early.push(bytes);
    else this.#socket.send(bytes);
  }

  close(): void {
    this.#closed = true;
    this.#socket.close(1000);
  }
}

// What the last message of a stream says; a stream without one has been cut.
export function endOf(last: string | undefined): ConnectError | undefined {
  if (last === undefined) return new ConnectError("the connection is lost", Code.Unavailable);
  const { error } = JSON.parse(last) as { error?: unknown };
  return error === undefined ? undefined : errorOf(error);
}
