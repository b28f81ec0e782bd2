// Steps of a session over a stream that is opened again when the server was lost.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";

import type {
  StepRequestSchema,
  StepResponse,
} from "../generated/spiked/v1/simulation_service_pb.ts";
import { Backoff, wait } from "./backoff.ts";
import { requestId } from "./client.ts";
import { explain, isLost } from "./errors.ts";
import { StepStream } from "./step_stream.ts";

export class LastingStream {
  readonly #session: string;
  readonly #signal: AbortSignal;
  readonly #onWaiting: (waiting: boolean) => void;
  #stream = new StepStream();

  // Until `signal` is aborted. `onWaiting` is told when the server is lost, and when it
  // is there again.
  constructor(session: string, signal: AbortSignal, onWaiting: (waiting: boolean) => void) {
    this.#session = session;
    this.#signal = signal;
    this.#onWaiting = onWaiting;
    signal.addEventListener("abort", () => this.#stream.close());
  }

  // Carries a step out once, however often it has to be sent: the server knows it by
  // its id, and gives the first answer again.
  async step(step: MessageInitShape<typeof StepRequestSchema>): Promise<StepResponse> {
    const request = { ...step, session: this.#session, requestId: requestId() };
    const backoff = new Backoff();
    for (let tries = 0; ; ++tries) {
      try {
        const answer = await this.#stream.step(request);
        if (tries > 0) this.#onWaiting(false);
        return answer;
      } catch (error) {
        const problem = explain(error);
        // A stream that ends in order has not taken what was sent last.
        const again = isLost(problem) || problem.code === Code.Canceled;
        if (!again || this.#signal.aborted) throw error;
        this.#onWaiting(true);
        await wait(backoff.next(), this.#signal);
        if (this.#signal.aborted) throw error;
        this.#stream = new StepStream();
      }
    }
  }
}
