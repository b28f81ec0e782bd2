// Who are you? Asks for a token.
import { useState } from "preact/hooks";

import { signIn } from "../api/connection.ts";
import type { Problem } from "../api/errors.ts";
import { TextField } from "../ui/fields.tsx";
import { ProblemNote } from "../ui/problem.tsx";

export function SignIn({ problem }: { problem: Problem | undefined }) {
  const [token, setToken] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    setBusy(true);
    await signIn(token);
    setBusy(false);
  };
  return (
    <main class="narrow">
      <h1>Sign in</h1>
      <form class="panel" onSubmit={submit}>
        <ProblemNote problem={problem} />
        <TextField
          label="Token"
          type="password"
          value={token}
          onValue={setToken}
          required
          autocomplete="current-password"
          hint="The server's owner finds one in ~/.local/state/spiked/token; others are given one by an admin (spikectl token new NAME)."
        />
        <div class="buttons">
          <button type="submit" class="primary" disabled={busy}>
            {busy ? "Signing in …" : "Sign in"}
          </button>
        </div>
      </form>
      <p class="hint">
        The token is kept in a cookie that only the server reads, until you sign out.
      </p>
    </main>
  );
}
