// Steps of a session, one answer for each, in order.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";

import {
  SimulationService,
  type StepRequestSchema,
  type StepResponse,
} from "../generated/spiked/v1/simulation_service_pb.ts";
import { Socket } from "./socket.ts";

interface Waiting {
  resolve(answer: StepResponse): void;
  reject(error: ConnectError): void;
}

export class StepStream {
  readonly #socket: Socket<typeof SimulationService.method.stepStream>;
  readonly #waiting: Waiting[] = [];
  #ended: ConnectError | undefined;

  constructor() {
    this.#socket = new Socket(SimulationService.method.stepStream, {
      message: ({ step }) => this.#waiting.shift()?.resolve(step!),
      end: (error) => {
        this.#ended = error ?? new ConnectError("the stream has ended", Code.Canceled);
        for (const { reject } of this.#waiting.splice(0)) reject(this.#ended);
      },
    });
  }

  // An error ends the stream: all that wait, and all that come later, are refused
  // with it.
  step(request: MessageInitShape<typeof StepRequestSchema>): Promise<StepResponse> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#socket.send({ step: request });
    });
  }

  close(): void {
    this.#socket.close();
  }
}
