// Which view the address names: what follows its #.
import { Store } from "../store.ts";

export type Route =
  { view: "sessions" } | { view: "session"; id: string } | { view: "pong" } | { view: "networks" };

export function parseRoute(hash: string): Route {
  const [view, id] = hash.replace(/^#\/?/, "").split("/");
  switch (view) {
    case "sessions":
      return id ? { view: "session", id: decodeURIComponent(id) } : { view: "sessions" };
    case "networks":
      return { view: "networks" };
    case "pong":
      return { view: "pong" };
    default:
      return { view: "sessions" };
  }
}

export function hrefOf(route: Route): string {
  return route.view === "session"
    ? `#/sessions/${encodeURIComponent(route.id)}`
    : `#/${route.view}`;
}

export const route = new Store<Route>(parseRoute(globalThis.location?.hash ?? ""));

export function followAddress(): void {
  addEventListener("hashchange", () => route.set(parseRoute(location.hash)));
}

export function goTo(next: Route): void {
  location.hash = hrefOf(next);
}
