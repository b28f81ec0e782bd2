// What somebody may do with a session, as the server will have it.
import { type Account, Role } from "../generated/spiked/v1/access_service_pb.ts";
import { type Session, ShareRight } from "../generated/spiked/v1/session_pb.ts";

// Step, halt, change.
export function mayDrive(session: Pick<Session, "owner" | "shares">, account: Account): boolean {
  if (mayOwn(session, account)) return true;
  if (account.role < Role.USER) return false;
  return session.shares.some(
    ({ account: name, right }) =>
      (name === "*" || name === account.name) && right === ShareRight.DRIVE,
  );
}

// Delete and share.
export function mayOwn(session: Pick<Session, "owner">, account: Account): boolean {
  if (account.role === Role.ADMIN) return true;
  return account.role >= Role.USER && session.owner === account.name;
}

export const mayCreate = (account: Account): boolean => account.role >= Role.USER;
