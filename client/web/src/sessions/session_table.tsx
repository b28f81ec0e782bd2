// Sessions in a table: who has them, what they do, what they cost.
import type { Account } from "../generated/spiked/v1/access_service_pb.ts";
import { type Session, SessionState } from "../generated/spiked/v1/session_pb.ts";
import { hrefOf } from "../shell/route.ts";
import { bytesText, countText, secondsText, speedText, timeText } from "../ui/format.ts";
import { labelTexts } from "./labels.ts";
import { idOf, titleOf } from "./names.ts";
import { mayCreate, mayDrive, mayOwn } from "./rights.ts";
import type { Speeds } from "./speeds.ts";

export interface SessionActions {
  halt(session: Session): void;
  fork(session: Session): void;
  share(session: Session): void;
  delete(session: Session): void;
}

interface Props {
  sessions: Session[];
  account: Account;
  speeds: Speeds;
  actions: SessionActions;
}

const COLUMNS = [
  { title: "Session" },
  { title: "Owner" },
  { title: "State" },
  { title: "Networks" },
  { title: "Time", number: true },
  { title: "Speed", number: true },
  { title: "Cost", number: true },
  { title: "Memory", number: true },
  { title: "Actions" },
];

// Roles are said, since on a phone the style makes cards of rows.
export function SessionTable({ sessions, account, speeds, actions }: Props) {
  return (
    <div class="scroll" role="region" aria-label="Table of sessions" tabIndex={0}>
      <table role="table">
        <thead role="rowgroup">
          <tr role="row">
            {COLUMNS.map(({ title, number }) => (
              <th key={title} role="columnheader" scope="col" class={number ? "number" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {sessions.map((session) => (
            <Row
              key={session.name}
              session={session}
              account={account}
              speed={speeds.of(session.name)}
              actions={actions}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  session: Session;
  account: Account;
  speed: number;
  actions: SessionActions;
}

function Row({ session, account, speed, actions }: RowProps) {
  const title = titleOf(session);
  const button = (text: string, act: (session: Session) => void, name = "quiet") => (
    <button type="button" class={name} aria-label={`${text} ${title}`} onClick={() => act(session)}>
      {text}
    </button>
  );
  const { size, cost } = session;
  return (
    <tr role="row">
      <th role="rowheader" scope="row">
        <a href={hrefOf({ view: "session", id: idOf(session.name) })}>{title}</a>
        {session.displayName && <small>{idOf(session.name)}</small>}
        {labelTexts(session.labels).map((label) => (
          <span key={label} class="label">
            {label}
          </span>
        ))}
      </th>
      <td role="cell" data-name="Owner">
        {session.owner}
        {session.shares.length > 0 && (
          <small>
            shared with{" "}
            {session.shares.map(({ account: name }) => (name === "*" ? "all" : name)).join(", ")}
          </small>
        )}
      </td>
      <td role="cell" data-name="State">
        <State state={session.state} stepping={speed > 0} />
      </td>
      <td role="cell" data-name="Networks">
        {session.networks.join(", ") || "none"}
        {size && size.neurons > 0n && (
          <small>
            {countText(size.neurons)} neurons, {countText(size.synapses)} synapses
          </small>
        )}
      </td>
      <td role="cell" data-name="Time" class="number">
        {timeText(session.timeMs)}
      </td>
      <td role="cell" data-name="Speed" class="number">
        {speedText(speed)}
      </td>
      <td role="cell" data-name="Cost" class="number">
        {secondsText(cost?.processorSeconds ?? 0)}
        <small>of a core, {countText(cost?.commands ?? 0n)} commands</small>
      </td>
      <td role="cell" data-name="Memory" class="number">
        {bytesText(Number(session.memoryBytes))}
      </td>
      <td role="cell">
        <div class="buttons">
          {mayDrive(session, account) && button("Halt", actions.halt)}
          {mayCreate(account) && button("Fork", actions.fork)}
          {mayOwn(session, account) && button("Share", actions.share)}
          {mayOwn(session, account) && button("Delete", actions.delete, "quiet danger")}
        </div>
      </td>
    </tr>
  );
}

// Between the steps of a loop a session is idle for moments; people care whether time
// passes.
function State({ state, stepping }: { state: SessionState; stepping: boolean }) {
  if (state === SessionState.FAILED) return <span class="state failed">failed</span>;
  if (stepping) return <span class="state busy">running</span>;
  if (state === SessionState.BUSY) return <span class="state busy">busy</span>;
  return <span class="state">idle</span>;
}
