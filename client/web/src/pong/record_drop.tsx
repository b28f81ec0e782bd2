// Where a record file is dropped, or chosen.
import { useState } from "preact/hooks";

import { FileInput } from "../ui/fields.tsx";

export function RecordDrop({ onFile }: { onFile(file: File): void }) {
  const [over, setOver] = useState(false);
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
        if (file) onFile(file);
      }}
    >
      <label>
        Replay a record: drop a file here that spiked-pong --record or this page has written, or
        choose one
        <FileInput accept=".jsonl,.json,.txt" onFile={onFile} />
      </label>
    </section>
  );
}
