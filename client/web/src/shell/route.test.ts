import { expect, test } from "vitest";

import { hrefOf, parseRoute, type Route } from "./route.ts";

test("every view has its address", () => {
  const routes: Route[] = [
    { view: "sessions" },
    { view: "session", id: "a.b_c-1" },
    { view: "pong" },
    { view: "networks" },
  ];
  for (const route of routes) expect(parseRoute(hrefOf(route))).toEqual(route);
});

test("an address that nobody knows leads to the sessions", () => {
  expect(parseRoute("")).toEqual({ view: "sessions" });
  expect(parseRoute("#/nowhere")).toEqual({ view: "sessions" });
});
