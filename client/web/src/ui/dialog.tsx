// A question that has to be answered first.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";

import type { Action } from "./action.ts";
import { ProblemNote } from "./problem.tsx";

export interface DialogProps {
  title: string;
  onClose(): void;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    ref.current!.showModal();
  }, []);
  return (
    <dialog ref={ref} aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {children}
    </dialog>
  );
}

export interface FormDialogProps extends DialogProps {
  // What is done on submitting, and what its button says.
  verb: string;
  action: Action;
  onSubmit(): void;
}

// A form in a dialog, with what went wrong when it was sent.
export function FormDialog({ title, onClose, children, verb, action, onSubmit }: FormDialogProps) {
  const submit = (event: Event) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={submit}>
        {children}
        <ProblemNote problem={action.problem} />
        <div class="buttons">
          <button type="submit" class="primary" disabled={action.busy}>
            {verb}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  );
}

export interface ConfirmProps {
  title: string;
  // What will happen.
  text: string;
  // What the button says that does it.
  verb: string;
  onConfirm(): void;
  onClose(): void;
}

export function Confirm({ title, text, verb, onConfirm, onClose }: ConfirmProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{text}</p>
      <div class="buttons">
        <button type="button" class="danger" onClick={onConfirm}>
          {verb}
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
