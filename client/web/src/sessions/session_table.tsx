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

export function SessionTable({ sessions, account, speeds, actions }: Props) {
  return (
    <div class="scroll" role="region" aria-label="Table of sessions" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Session</th>
            <th scope="col">Owner</th>
            <th scope="col">State</th>
            <th scope="col">Networks</th>
            <th scope="col" class="number">Time</th>
            <th scope="col" class="number">Speed</th>
            <th scope="col" class="number">Cost</th>
            <th scope="col" class="number">Memory</th>
            <th scope="col">Actions</th>
          </tr>
        </thead>
        <tbody>
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
    <tr>
      <th scope="row">
        <a href={hrefOf({ view: "session", id: idOf(session.name) })}>{title}</a>
        {session.displayName && <small>{idOf(session.name)}</small>}
        {labelTexts(session.labels).map((label) => (
          <span key={label} class="label">
            {label}
          </span>
        ))}
      </th>
      <td>
        {session.owner}
        {session.shares.length > 0 && (
          <small>shared with {session.shares.map(({ account: name }) => (name === "*" ? "all" : name)).join(", ")}</small>
        )}
      </td>
      <td>
        <State state={session.state} stepping={speed > 0} />
      </td>
      <td>
        {session.networks.join(", ") || "none"}
        {size && size.neurons > 0n && (
          <small>
            {countText(size.neurons)} neurons, {countText(size.synapses)} synapses
          </small>
        )}
      </td>
      <td class="number">{timeText(session.timeMs)}</td>
      <td class="number">{speedText(speed)}</td>
      <td class="number">
        {secondsText(cost?.processorSeconds ?? 0)}
        <small>{countText(cost?.commands ?? 0n)} commands</small>
      </td>
      <td class="number">{bytesText(Number(session.memoryBytes))}</td>
      <td>
        <div class="buttons">
          {mayDrive(session, account) && button("Halt", actions.halt)}
          {mayCreate(account) && mayDrive(session, account) && button("Fork", actions.fork)}
          {mayOwn(session, account) && button("Share", actions.share)}
          {mayOwn(session, account) && button("Delete", actions.delete, "quiet danger")}
        </div>
      </td>
    </tr>
  );
}

// Between the steps of a loop a session is idle for moments; people care whether time
// passes.
export function State({ state, stepping }: { state: SessionState; stepping: boolean }) {
  if (state === SessionState.FAILED) return <span class="state failed">failed</span>;
  if (stepping) return <span class="state busy">running</span>;
  if (state === SessionState.BUSY) return <span class="state busy">busy</span>;
  return <span class="state">idle</span>;
}
