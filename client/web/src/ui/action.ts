// Something that takes a while and may fail: what a button does.
import { useRef, useState } from "preact/hooks";

import { explain, type Problem } from "../api/errors.ts";

export interface Action {
  busy: boolean;
  problem: Problem | undefined;
  // Does it, unless it is being done; whether it went well.
  run(what: () => Promise<unknown>): Promise<boolean>;
  // Something else has gone wrong.
  fail(problem: Problem): void;
  forget(): void;
}

export function useAction(): Action {
  const [state, set] = useState<{ busy: boolean; problem: Problem | undefined }>({
    busy: false,
    problem: undefined,
  });
  const running = useRef(false);
  return {
    ...state,
    async run(what) {
      if (running.current) return false;
      running.current = true;
      set({ busy: true, problem: undefined });
      try {
        await what();
        set({ busy: false, problem: undefined });
        return true;
      } catch (error) {
        set({ busy: false, problem: explain(error) });
        return false;
      } finally {
        running.current = false;
      }
    },
    fail: (problem) => set({ busy: false, problem }),
    forget: () => set({ busy: false, problem: undefined }),
  };
}
