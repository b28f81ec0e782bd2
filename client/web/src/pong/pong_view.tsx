// Pong: two players on the server, or you against one of them, or a record.
import { useEffect } from "preact/hooks";

import type { Account } from "../generated/spiked/v1/access_service_pb.ts";
import { idOf } from "../sessions/names.ts";
import { mayCreate } from "../sessions/rights.ts";
import { hrefOf } from "../shell/route.ts";
import { useStore } from "../store.ts";
import { useAction } from "../ui/action.ts";
import { download } from "../ui/download.ts";
import { useVisible } from "../ui/visible.ts";
import type { MatchDriver } from "./driver.ts";
import { MatchView } from "./match_view.tsx";
import { matchTitle } from "./players.ts";
import { RecordDrop } from "./record_drop.tsx";
import { SetupForm } from "./setup_form.tsx";
import {
  close,
  lookAway,
  type Shown,
  shown as currentlyShown,
  showMatch,
} from "./shown.ts";

export function PongView({ account }: { account: Account }) {
  const shown = useStore(currentlyShown);
  const action = useAction();
  const visible = useVisible();
  useEffect(() => {
    if (!visible) lookAway();
    return lookAway;
  }, [visible]);

  return (
    <main>
      <div class="title">
        <h1 tabIndex={-1}>Pong</h1>
        {shown && <p>{titleOf(shown)}</p>}
      </div>
      {!shown && (
        <>
          <p>
            Two spiking networks play pong on the server and learn from how well they do. Let them
            play each other, or take the left paddle yourself.
          </p>
          {mayCreate(account) ? (
            <SetupForm
              action={action}
              onStart={(options) => void action.run(() => showMatch(options))}
            />
          ) : (
            <p class="hint">
              You are a viewer here: records you may replay, and matches of others watch among the
              sessions. To play, ask an admin for the role of a user.
            </p>
          )}
          <RecordDrop />
        </>
      )}
      {shown && (
        <MatchView shown={shown}>
          <button type="button" onClick={() => void close()}>
            {shown.kind === "match" ? "End" : "Close"}
          </button>
          {shown.kind === "match" && <MatchLinks driver={shown.controlled} />}
        </MatchView>
      )}
    </main>
  );
}

function MatchLinks({ driver }: { driver: MatchDriver }) {
  return (
    <>
      <button
        type="button"
        onClick={() => download("match.jsonl", "application/jsonl", driver.record)}
      >
        Save record
      </button>
      <a
        href={hrefOf({ view: "session", id: idOf(driver.session) })}
        target="_blank"
        rel="noopener"
      >
        Watch the session
      </a>
    </>
  );
}

const titleOf = (shown: Shown): string =>
  shown.kind === "match" ? matchTitle(shown.controlled.options.players) : `Record ${shown.file}`;
