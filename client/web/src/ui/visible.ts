// Whether somebody looks at the page.
import { useEffect, useState } from "preact/hooks";

export function useVisible(): boolean {
  const [visible, set] = useState(document.visibilityState === "visible");
  useEffect(() => {
    const listen = () => set(document.visibilityState === "visible");
    document.addEventListener("visibilitychange", listen);
    return () => document.removeEventListener("visibilitychange", listen);
  }, []);
  return visible;
}

// Calls `what` now and every `ms`, while somebody looks.
export function useEvery(ms: number, what: () => Promise<unknown>, key: unknown): void {
  const visible = useVisible();
  useEffect(() => {
    if (!visible) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let over = false;
    const go = async () => {
      await what().catch(() => {});
      if (!over) timer = setTimeout(() => void go(), ms);
    };
    void go();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [visible, ms, key]);
}
