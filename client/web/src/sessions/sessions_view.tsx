// All sessions that you may see, as they are now.
import { useRef, useState } from "preact/hooks";

import { requestId, simulation } from "../api/client.ts";
import { explain, type Problem } from "../api/errors.ts";
import type { Account } from "../generated/spiked/v1/access_service_pb.ts";
import type { Session } from "../generated/spiked/v1/session_pb.ts";
import { goTo } from "../shell/route.ts";
import { useAction } from "../ui/action.ts";
import { Confirm } from "../ui/dialog.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { useEvery } from "../ui/visible.ts";
import { ForkDialog } from "./fork_dialog.tsx";
import { idOf, titleOf } from "./names.ts";
import { mayCreate } from "./rights.ts";
import { type SessionActions, SessionTable } from "./session_table.tsx";
import { ShareDialog } from "./share_dialog.tsx";
import { Speeds } from "./speeds.ts";
import { StartDialog } from "./start_dialog.tsx";

const EVERY_MS = 1000;
const PAGE_SIZE = 500;

type Asked = { what: "start" } | { what: "fork" | "share" | "delete"; session: Session };

export function SessionsView({ account }: { account: Account }) {
  const [sessions, setSessions] = useState<Session[]>();
  const [more, setMore] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  const [asked, setAsked] = useState<Asked>();
  const [filter, setFilter] = useState("");
  const speeds = useRef(new Speeds()).current;
  const action = useAction();

  const look = async () => {
    try {
      const answer = await simulation.listSessions({ pageSize: PAGE_SIZE }, { timeoutMs: 10_000 });
      speeds.look(answer.sessions, performance.now());
      setSessions(answer.sessions);
      setMore(answer.nextPageToken !== "");
      setProblem(undefined);
    } catch (error) {
      setProblem(explain(error));
    }
  };
  useEvery(EVERY_MS, look, account.name);

  const close = () => setAsked(undefined);
  const done = async () => {
    close();
    await look();
  };
  const remove = async (session: Session) => {
    close();
    const request = { session: session.name, requestId: requestId() };
    await action.run(() => simulation.deleteSession(request));
    await look();
  };
  const actions: SessionActions = {
    halt: (session) => void action.run(() => simulation.haltSession({ session: session.name })),
    fork: (session) => setAsked({ what: "fork", session }),
    share: (session) => setAsked({ what: "share", session }),
    delete: (session) => setAsked({ what: "delete", session }),
  };
  const shown = sessions?.filter((session) => matches(session, filter));

  return (
    <main>
      <div class="title">
        <h1 tabIndex={-1}>Sessions</h1>
        {mayCreate(account) && (
          <button type="button" class="primary" onClick={() => setAsked({ what: "start" })}>
            Start a session
          </button>
        )}
      </div>
      <ProblemNote problem={action.problem ?? problem} />
      {sessions && sessions.length > 0 && (
        <label class="filter">
          Filter
          <input
            type="search"
            value={filter}
            placeholder="name, owner, network or label"
            onInput={({ currentTarget }) => setFilter(currentTarget.value)}
          />
        </label>
      )}
      {shown && shown.length > 0 && (
        <SessionTable sessions={shown} account={account} speeds={speeds} actions={actions} />
      )}
      {more && (
        <p class="hint">These are the first {PAGE_SIZE}; spikectl sessions list tells all.</p>
      )}
      {sessions?.length === 0 && <Nobody create={mayCreate(account)} />}
      {sessions && sessions.length > 0 && shown?.length === 0 && <p>None of them matches.</p>}

      {asked?.what === "start" && (
        <StartDialog
          onClose={close}
          onStarted={(name) => goTo({ view: "session", id: idOf(name) })}
        />
      )}
      {asked?.what === "fork" && (
        <ForkDialog session={asked.session} onClose={close} onDone={() => void done()} />
      )}
      {asked?.what === "share" && (
        <ShareDialog session={asked.session} onClose={close} onDone={() => void done()} />
      )}
      {asked?.what === "delete" && (
        <Confirm
          title="Delete the session?"
          text={`${titleOf(asked.session)} and all that its networks have learned will be gone. This cannot be undone.`}
          verb="Delete"
          onConfirm={() => void remove(asked.session)}
          onClose={close}
        />
      )}
    </main>
  );
}

function Nobody({ create }: { create: boolean }) {
  return (
    <div class="panel empty">
      <p>There is no session that you may see.</p>
      {create && (
        <p>
          Start one, let two networks <a href="#/pong">play pong</a>, or{" "}
          <a href="#/networks">compose a network</a> of your own.
        </p>
      )}
    </div>
  );
}

function matches(session: Session, filter: string): boolean {
  const { name, displayName, owner, networks, labels } = session;
  const text = [
    name,
    displayName,
    owner,
    ...networks,
    ...Object.entries(labels).map((l) => l.join("=")),
  ];
  return text.join(" ").toLowerCase().includes(filter.trim().toLowerCase());
}
