// What a session was, kept under names: to go back to.
import { useState } from "preact/hooks";

import { requestId, simulation } from "../api/client.ts";
import type { Session, Snapshot } from "../generated/spiked/v1/session_pb.ts";
import { useAction } from "../ui/action.ts";
import { Confirm } from "../ui/dialog.tsx";
import { TextField } from "../ui/fields.tsx";
import { bytesText, timeText } from "../ui/format.ts";
import { ProblemNote } from "../ui/problem.tsx";

interface Props {
  session: Session;
  drive: boolean;
  // Something has changed that the session tells.
  onChange(): Promise<unknown>;
}

export function SnapshotsPanel({ session, drive, onChange }: Props) {
  const { snapshots } = session;
  const [name, setName] = useState("before");
  const [told, setTold] = useState("");
  const [asked, setAsked] = useState<Snapshot>();
  const action = useAction();
  const act = (what: () => Promise<string>) =>
    void action.run(async () => {
      setTold(await what());
      await onChange();
    });

  const take = (event: Event) => {
    event.preventDefault();
    act(async () => {
      const request = { session: session.name, snapshot: name.trim(), requestId: requestId() };
      const { snapshot } = await simulation.snapshotSession(request);
      return `${snapshot!.name} is what the session was at ${timeText(snapshot!.timeMs)}.`;
    });
  };
  const goBack = (snapshot: string) => {
    setAsked(undefined);
    act(async () => {
      const request = { session: session.name, snapshot, requestId: requestId() };
      const { timeMs } = await simulation.resetSession(request);
      return `The session is back at ${timeText(timeMs)}, as ${snapshot} has it.`;
    });
  };
  const forget = (snapshot: string) =>
    act(async () => {
      const request = { session: session.name, snapshot, forget: true, requestId: requestId() };
      await simulation.snapshotSession(request);
      return `${snapshot} is forgotten.`;
    });

  return (
    <>
      {snapshots.length === 0 && <p class="hint">Nothing is kept of this session yet.</p>}
      <ul class="rows">
        {snapshots.map((one) => (
          <li key={one.name} class="line">
            <span>
              <strong>{one.name}</strong> at {timeText(one.timeMs)}, {bytesText(Number(one.bytes))}
            </span>
            {drive && (
              <span class="buttons">
                <button
                  type="button"
                  class="quiet"
                  aria-label={`Go back to ${one.name}`}
                  disabled={action.busy}
                  onClick={() => setAsked(one)}
                >
                  Go back
                </button>
                <button
                  type="button"
                  class="quiet danger"
                  aria-label={`Forget ${one.name}`}
                  disabled={action.busy}
                  onClick={() => forget(one.name)}
                >
                  Forget
                </button>
              </span>
            )}
          </li>
        ))}
      </ul>
      {drive && (
        <form class="line" onSubmit={take}>
          <TextField
            label="Name of a snapshot"
            value={name}
            onValue={setName}
            hint="one of the same name is replaced"
            required
            spellcheck={false}
          />
          <button type="submit" disabled={action.busy}>
            Keep what is now
          </button>
        </form>
      )}
      <ProblemNote problem={action.problem} />
      <p role="status">{!action.problem && told}</p>
      {asked && (
        <Confirm
          title={`Go back to ${asked.name}?`}
          text={`All that has happened and was learned since ${timeText(asked.timeMs)} will be gone, unless it is kept under another name.`}
          verb="Go back"
          onConfirm={() => goBack(asked.name)}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}
