// What went wrong, and what to do about it.
import { Code } from "@connectrpc/connect";

import type { Problem } from "../api/errors.ts";

export function ProblemNote({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  const only = problem.fields.length === 1 ? problem.fields[0] : undefined;
  return (
    <div class="problem" role="alert">
      <p>
        <strong>{problem.message}</strong> {problem.advice}{" "}
        {only && problem.code === Code.InvalidArgument && <code>{only.field}</code>}
      </p>
      {problem.fields.length > 1 && (
        <ul>
          {problem.fields.map(({ field, description }) => (
            <li key={field}>
              <code>{field}</code>: {description}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
