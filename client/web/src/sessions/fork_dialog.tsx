// Another session that goes on from where one is.
import { useState } from "preact/hooks";

import { requestId, simulation } from "../api/client.ts";
import type { Session } from "../generated/spiked/v1/session_pb.ts";
import { useAction } from "../ui/action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/fields.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { titleOf } from "./names.ts";

interface Props {
  session: Session;
  onClose(): void;
  onDone(): void;
}

export function ForkDialog({ session, onClose, onDone }: Props) {
  const [name, setName] = useState(`${titleOf(session)}, fork`);
  const action = useAction();
  const submit = async (event: Event) => {
    event.preventDefault();
    const request = { session: session.name, displayName: name, requestId: requestId() };
    if (await action.run(() => simulation.forkSession(request))) onDone();
  };
  return (
    <Dialog title={`Fork ${titleOf(session)}`} onClose={onClose}>
      <form onSubmit={submit}>
        <p>The new session goes on from where this one is now, with all that it has learned.</p>
        <TextField label="Name of the new session" value={name} onValue={setName} />
        <ProblemNote problem={action.problem} />
        <div class="buttons">
          <button type="submit" class="primary" disabled={action.busy}>
            Fork
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}
