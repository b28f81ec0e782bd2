// The page: the view that the address names, for whoever is signed in.
import { useEffect, useRef } from "preact/hooks";

import { connection } from "../api/connection.ts";
import type { Account } from "../generated/spiked/v1/access_service_pb.ts";
import { NetworksView } from "../networks/networks_view.tsx";
import { PongView } from "../pong/pong_view.tsx";
import { SessionsView } from "../sessions/sessions_view.tsx";
import { useStore } from "../store.ts";
import { SessionView } from "../watch/session_view.tsx";
import { Header } from "./header.tsx";
import { route as currentRoute, type Route } from "./route.ts";
import { SignIn } from "./sign_in.tsx";

const TITLES: Record<Route["view"], string> = {
  sessions: "Sessions",
  session: "Session",
  pong: "Pong",
  networks: "Networks",
};

export function App() {
  const state = useStore(connection);
  const route = useStore(currentRoute);
  const first = useRef(true);
  const account = "account" in state ? state.account : undefined;

  useEffect(() => {
    document.title = `${TITLES[route.view]} – spiked`;
    // Whoever hears the page is told of the new view.
    if (!first.current) document.querySelector<HTMLElement>("main h1")?.focus();
    first.current = false;
  }, [route]);

  return (
    <>
      <Header account={account} view={route.view} />
      <div role="status" class="connection">
        {state.kind === "lost" && (
          <p>
            <strong>The server does not answer.</strong> Is it running, and this machine connected
            to it? The page tries again by itself, and goes on when it is back.
          </p>
        )}
        {state.kind === "connecting" && <p>Looking for the server …</p>}
      </div>
      {state.kind === "signed out" && <SignIn problem={state.problem} />}
      {account && <View route={route} account={account} />}
    </>
  );
}

function View({ route, account }: { route: Route; account: Account }) {
  switch (route.view) {
    case "sessions":
      return <SessionsView account={account} />;
    case "session":
      return <SessionView key={route.id} id={route.id} account={account} />;
    case "pong":
      return <PongView account={account} />;
    case "networks":
      return <NetworksView account={account} />;
  }
}
