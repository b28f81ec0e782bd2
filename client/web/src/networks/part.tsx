// A part of a network: folded to a line, or open as a form.
import type { ComponentChildren } from "preact";

import { TextField } from "../ui/fields.tsx";
import type { RecordDraft } from "./draft.ts";
import type { FieldErrors } from "./specification.ts";

export interface PartProps<T> {
  draft: T;
  onDraft(draft: T): void;
  onRemove(): void;
  errors: FieldErrors;
  // Where it is in the specification, such as `populations[2]`.
  path: string;
}

// Its name, which others refer to.
export function NameField<T extends { name: string }>(props: PartProps<T>) {
  const { draft, onDraft, errors, path } = props;
  return (
    <TextField
      label="Name"
      value={draft.name}
      onValue={(name) => onDraft({ ...draft, name })}
      error={errors.at(`${path}.name`)}
      spellcheck={false}
    />
  );
}

const SOME_TIMES = ["recordFrom", "recordUntil", "recordOrigin"] as const;

// How much of what it records it keeps, and of which times.
export function RecordFields<T extends RecordDraft>(
  props: Omit<PartProps<T>, "onRemove"> & { what: string },
) {
  const { draft, onDraft, errors, path, what } = props;
  return (
    <>
      <TextField
        label="Keep at most"
        type="number"
        min={0}
        value={draft.recordLimit}
        onValue={(recordLimit) => onDraft({ ...draft, recordLimit })}
        hint={`${what}, the latest; 0: all`}
        error={errors.at(`${path}.record_limit`)}
      />
      <details class="times" open={SOME_TIMES.some((name) => draft[name] !== "")}>
        <summary>Only some of the time</summary>
        <div class="line">
          <TextField
            label="Record after, ms"
            value={draft.recordFrom}
            onValue={(recordFrom) => onDraft({ ...draft, recordFrom })}
            hint="empty: from the beginning"
            error={errors.at(`${path}.record_window.start_ms`)}
          />
          <TextField
            label="Record up to, ms"
            value={draft.recordUntil}
            onValue={(recordUntil) => onDraft({ ...draft, recordUntil })}
            hint="empty: without an end"
            error={errors.at(`${path}.record_window.stop_ms`)}
          />
          <TextField
            label="Both counted from, ms"
            value={draft.recordOrigin}
            onValue={(recordOrigin) => onDraft({ ...draft, recordOrigin })}
            hint="empty: time 0 of the session"
            error={errors.at(`${path}.record_window.origin_ms`)}
          />
        </div>
      </details>
    </>
  );
}

interface Props {
  kind: string;
  draft: { name: string };
  // What it is, in a line.
  text: string;
  onRemove(): void;
  errors: FieldErrors;
  path: string;
  children: ComponentChildren;
}

export function Part({ kind, draft, text, onRemove, errors, path, children }: Props) {
  const error = errors.at(path);
  return (
    <details class="part" open={error !== undefined}>
      <summary>
        <strong>{draft.name || "(no name)"}</strong> {text}
        {error && <span class="error"> – {error}</span>}
      </summary>
      {children}
      <div class="buttons">
        <button
          type="button"
          class="quiet danger"
          aria-label={`Remove ${kind.toLowerCase()} ${draft.name}`}
          onClick={onRemove}
        >
          Remove
        </button>
      </div>
    </details>
  );
}
