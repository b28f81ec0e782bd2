// Where a record file is dropped, or chosen.
import { useState } from "preact/hooks";

import { useAction } from "../ui/action.ts";
import { FileInput } from "../ui/fields.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import { parseRecord } from "./record.ts";
import { showReplay } from "./shown.ts";

export function RecordDrop() {
  const [over, setOver] = useState(false);
  const action = useAction();
  const open = (file: File) =>
    void action.run(async () => showReplay(parseRecord(await file.text()), file.name));
  return (
    <section
      class={`panel drop ${over ? "over" : ""}`}
      aria-label="Replay"
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer?.files[0];
        if (file) open(file);
      }}
    >
      <label>
        Replay a record: drop a file here that spiked-pong --record or this page has written, or
        choose one
        <FileInput accept=".jsonl,.json,.txt" onFile={open} />
      </label>
      <ProblemNote problem={action.problem} />
    </section>
  );
}
