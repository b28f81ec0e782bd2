import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";

import { AccountSchema, Role } from "../generated/spiked/v1/access_service_pb.ts";
import { SessionSchema, ShareRight } from "../generated/spiked/v1/session_pb.ts";
import { mayCreate, mayDrive, mayOwn } from "./rights.ts";

const account = (name: string, role: Role) => create(AccountSchema, { name, role });
const session = (shares: { account: string; right: ShareRight }[] = []) =>
  create(SessionSchema, { owner: "anna", shares });

test("owners and admins may do everything", () => {
  for (const who of [account("anna", Role.USER), account("root", Role.ADMIN)]) {
    expect(mayOwn(session(), who)).toBe(true);
    expect(mayDrive(session(), who)).toBe(true);
  }
});

test("others may drive what is shared with them for that", () => {
  const ben = account("ben", Role.USER);
  expect(mayDrive(session(), ben)).toBe(false);
  expect(mayDrive(session([{ account: "ben", right: ShareRight.WATCH }]), ben)).toBe(false);
  expect(mayDrive(session([{ account: "ben", right: ShareRight.DRIVE }]), ben)).toBe(true);
  expect(mayDrive(session([{ account: "*", right: ShareRight.DRIVE }]), ben)).toBe(true);
  expect(mayOwn(session([{ account: "ben", right: ShareRight.DRIVE }]), ben)).toBe(false);
});

test("viewers never do more than read", () => {
  const viewer = account("eve", Role.VIEWER);
  expect(mayCreate(viewer)).toBe(false);
  expect(mayDrive(session([{ account: "*", right: ShareRight.DRIVE }]), viewer)).toBe(false);
});
