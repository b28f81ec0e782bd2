// Lets time pass in a session: run, pause, a step, a speed.
import { useEffect, useRef, useState } from "preact/hooks";

import { requestId, simulation } from "../api/client.ts";
import type { Problem } from "../api/errors.ts";
import type { Session } from "../generated/spiked/v1/session_pb.ts";
import { useStore } from "../store.ts";
import { useAction } from "../ui/action.ts";
import { TextField } from "../ui/fields.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { SpeedSlider } from "../ui/speed_slider.tsx";
import { Stepper } from "./stepper.ts";

export function DrivePanel({ session }: { session: Session }) {
  const [stepper, setStepper] = useState<Stepper>();
  const [speed, setSpeed] = useState(1);
  const [duration, setDuration] = useState("100");
  const action = useAction();
  const current = useRef<Stepper>();
  current.current = stepper;
  useEffect(() => () => current.current?.stop(), []);

  const run = () => {
    action.forget();
    setStepper(new Stepper(session.name, session.resolutionMs, speed));
  };
  const pause = () => {
    stepper?.stop();
    setStepper(undefined);
  };
  const step = (event: Event) => {
    event.preventDefault();
    const durationMs = Number(duration);
    const request = { session: session.name, durationMs, requestId: requestId() };
    void action.run(() => simulation.step(request));
  };
  const faster = (next: number) => {
    setSpeed(next);
    if (stepper) stepper.speed = next;
  };
  return (
    <section class="panel controls" aria-label="Let time pass">
      {stepper ? (
        <Running
          stepper={stepper}
          onPause={pause}
          onOver={() => setStepper(undefined)}
          onProblem={action.fail}
        />
      ) : (
        <button type="button" class="primary" onClick={run}>
          Run
        </button>
      )}
      <SpeedSlider speed={speed} onSpeed={faster} />
      <form class="line" onSubmit={step}>
        <TextField
          label="Step, ms"
          type="number"
          min={0}
          step="any"
          value={duration}
          onValue={setDuration}
          required
        />
        <button type="submit" disabled={action.busy || stepper !== undefined}>
          Step
        </button>
        <button
          type="button"
          onClick={() => void action.run(() => simulation.haltSession({ session: session.name }))}
        >
          Halt
        </button>
      </form>
      <ProblemNote problem={action.problem} />
    </section>
  );
}

interface RunningProps {
  stepper: Stepper;
  onPause(): void;
  onOver(): void;
  onProblem(problem: Problem): void;
}

function Running({ stepper, onPause, onOver, onProblem }: RunningProps) {
  const state = useStore(stepper.state);
  useEffect(() => {
    if (state.kind !== "over") return;
    onOver();
    if (state.problem) onProblem(state.problem);
  }, [state]);
  return (
    <button type="button" class="primary" onClick={onPause}>
      {state.kind === "waiting" ? "Waiting for the server … Pause" : "Pause"}
    </button>
  );
}
