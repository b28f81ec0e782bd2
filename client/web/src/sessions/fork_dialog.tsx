// Another session that goes on from where one is.
import { useState } from "preact/hooks";

import { requestId, simulation } from "../api/client.ts";
import type { Session } from "../generated/spiked/v1/session_pb.ts";
import { useAction } from "../ui/action.ts";
import { FormDialog } from "../ui/dialog.tsx";
import { TextField } from "../ui/fields.tsx";
import { titleOf } from "./names.ts";

interface Props {
  session: Session;
  onClose(): void;
  onDone(): void;
}

export function ForkDialog({ session, onClose, onDone }: Props) {
  const [name, setName] = useState(`${titleOf(session)}, fork`);
  const action = useAction();
  const submit = async () => {
    const request = { session: session.name, displayName: name, requestId: requestId() };
    if (await action.run(() => simulation.forkSession(request))) onDone();
  };
  return (
    <FormDialog
      title={`Fork ${titleOf(session)}`}
      verb="Fork"
      action={action}
      onSubmit={submit}
      onClose={onClose}
    >
      <p>The new session goes on from where this one is now, with all that it has learned.</p>
      <TextField label="Name of the new session" value={name} onValue={setName} />
    </FormDialog>
  );
}
