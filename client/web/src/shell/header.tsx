// The head of the page: where to go, who you are, light or dark.
import { signOut } from "../api/connection.ts";
import { Role, type Account } from "../generated/spiked/v1/access_service_pb.ts";
import { close } from "../pong/shown.ts";
import { useStore } from "../store.ts";
import { hrefOf, type Route } from "./route.ts";
import { chooseTheme, theme } from "./theme.ts";

const VIEWS: { name: string; route: Route; views: Route["view"][] }[] = [
  { name: "Sessions", route: { view: "sessions" }, views: ["sessions", "session"] },
  { name: "Pong", route: { view: "pong" }, views: ["pong"] },
  { name: "Networks", route: { view: "networks" }, views: ["networks"] },
];

const ROLES: Partial<Record<Role, string>> = {
  [Role.VIEWER]: "viewer",
  [Role.USER]: "user",
  [Role.ADMIN]: "admin",
};

// A match is played by whoever is signed in.
async function leave(): Promise<void> {
  await close();
  await signOut();
}

export function Header({ account, view }: { account: Account | undefined; view: Route["view"] }) {
  const now = useStore(theme);
  const other = now === "dark" ? "light" : "dark";
  return (
    <header>
      <a class="brand" href={hrefOf({ view: "sessions" })}>
        <img src="icon.svg" alt="" width="28" height="28" />
        spiked
      </a>
      {account && (
        <nav aria-label="Views">
          {VIEWS.map(({ name, route, views }) => (
            <a
              key={name}
              href={hrefOf(route)}
              aria-current={views.includes(view) ? "page" : undefined}
            >
              {name}
            </a>
          ))}
        </nav>
      )}
      <div class="aside">
        {account && (
          <>
            <span class="who">
              {account.name} <small>{ROLES[account.role]}</small>
            </span>
            <button type="button" class="quiet" onClick={() => void leave()}>
              Sign out
            </button>
          </>
        )}
        <button type="button" class="quiet" onClick={() => chooseTheme(other)}>
          {other === "dark" ? "Dark theme" : "Light theme"}
        </button>
      </div>
    </header>
  );
}
