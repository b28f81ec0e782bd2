// Who else may use a session.
import { useState } from "preact/hooks";

import { requestId, simulation } from "../api/client.ts";
import { type Session, ShareRight } from "../generated/spiked/v1/session_pb.ts";
import { useAction } from "../ui/action.ts";
import { FormDialog } from "../ui/dialog.tsx";
import { SelectField, TextField } from "../ui/fields.tsx";
import { titleOf } from "./names.ts";

type Right = "watch" | "drive";

interface Shared {
  account: string;
  right: Right;
}

interface Props {
  session: Session;
  onClose(): void;
  onDone(): void;
}

export function ShareDialog({ session, onClose, onDone }: Props) {
  const [shares, setShares] = useState<Shared[]>(
    session.shares.map(({ account, right }) => ({
      account,
      right: right === ShareRight.DRIVE ? "drive" : "watch",
    })),
  );
  const action = useAction();
  const change = (k: number, next: Partial<Shared>) =>
    setShares(shares.map((share, at) => (at === k ? { ...share, ...next } : share)));
  const submit = async () => {
    const request = {
      session: session.name,
      shares: shares.map(({ account, right }) => ({
        account: account.trim(),
        right: right === "drive" ? ShareRight.DRIVE : ShareRight.WATCH,
      })),
      requestId: requestId(),
    };
    if (await action.run(() => simulation.shareSession(request))) onDone();
  };
  return (
    <FormDialog
      title={`Share ${titleOf(session)}`}
      verb="Save"
      action={action}
      onSubmit={submit}
      onClose={onClose}
    >
      {shares.length === 0 && <p>It is shared with nobody.</p>}
      {shares.map((share, k) => (
        <fieldset key={k} class="line">
          <legend class="unseen">Share {k + 1}</legend>
          <TextField
            label="Account"
            value={share.account}
            onValue={(account) => change(k, { account })}
            required
            hint="* stands for all"
          />
          <SelectField
            label="May"
            value={share.right}
            onValue={(right) => change(k, { right })}
            options={[
              ["watch", "watch"],
              ["drive", "drive, too"],
            ]}
          />
          <button
            type="button"
            class="quiet"
            aria-label={`Remove the share of ${share.account || "nobody"}`}
            onClick={() => setShares(shares.filter((_, at) => at !== k))}
          >
            Remove
          </button>
        </fieldset>
      ))}
      <button type="button" onClick={() => setShares([...shares, { account: "", right: "watch" }])}>
        Add somebody
      </button>
    </FormDialog>
  );
}
