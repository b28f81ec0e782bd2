// Parts of forms: each has its label, a hint, and what is wrong with it.
import type { ComponentChildren, JSX } from "preact";
import { useId, useRef } from "preact/hooks";

export interface FieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
}

interface Described {
  id: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean | undefined;
}

function Field(props: FieldProps & { children(control: Described): ComponentChildren }) {
  const { label, hint, error, children } = props;
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({
        id,
        "aria-describedby": described || undefined,
        "aria-invalid": error ? true : undefined,
      })}
      {hint && (
        <small id={`${id}-hint`} class="hint">
          {hint}
        </small>
      )}
      {error && (
        <small id={`${id}-error`} class="error">
          {error}
        </small>
      )}
    </div>
  );
}

interface TextProps extends FieldProps {
  value: string;
  onValue(value: string): void;
  type?: "text" | "password" | "number";
  required?: boolean;
  placeholder?: string;
  min?: number;
  max?: number;
  step?: number | "any";
  autocomplete?: string;
  spellcheck?: boolean;
}

export function TextField({
  label,
  hint,
  error,
  value,
  onValue,
  type = "text",
  ...rest
}: TextProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <input
          {...control}
          {...(rest as JSX.IntrinsicElements["input"])}
          type={type}
          value={value}
          onInput={({ currentTarget }) => onValue(currentTarget.value)}
        />
      )}
    </Field>
  );
}

export function TextAreaField({
  label,
  hint,
  error,
  value,
  onValue,
  rows = 3,
}: TextProps & { rows?: number }) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <textarea
          {...control}
          rows={rows}
          value={value}
          onInput={({ currentTarget }) => onValue(currentTarget.value)}
        />
      )}
    </Field>
  );
}

interface SelectProps<T extends string> extends FieldProps {
  value: T;
  onValue(value: T): void;
  // Values, and what they are called; a value may be its own name.
  options: readonly (T | readonly [T, string])[];
}

export function SelectField<T extends string>({
  label,
  hint,
  error,
  value,
  onValue,
  options,
}: SelectProps<T>) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(control) => (
        <select
          {...control}
          value={value}
          onChange={({ currentTarget }) => onValue(currentTarget.value as T)}
        >
          {options.map((option) => {
            const [known, name] = typeof option === "string" ? [option, option] : option;
            return (
              <option key={known} value={known}>
                {name}
              </option>
            );
          })}
        </select>
      )}
    </Field>
  );
}

interface CheckProps {
  label: string;
  checked: boolean;
  onChecked(checked: boolean): void;
}

export function CheckField({ label, checked, onChecked }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        onChange={({ currentTarget }) => onChecked(currentTarget.checked)}
      />
      {label}
    </label>
  );
}

interface SliderProps {
  label: string;
  min: number;
  max: number;
  value: number;
  // The value in words.
  text: string;
  onValue(value: number): void;
  disabled?: boolean;
}

export function Slider({ label, min, max, value, text, onValue, disabled }: SliderProps) {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        value={value}
        disabled={disabled}
        aria-valuetext={text}
        onInput={({ currentTarget }) => onValue(currentTarget.valueAsNumber)}
      />
      <output for={id}>{text}</output>
    </div>
  );
}

interface FileProps {
  accept: string;
  onFile(file: File): void;
}

// Chooses a file; the same one again as well, which may have changed.
export function FileInput({ accept, onFile, ...rest }: FileProps & JSX.IntrinsicElements["input"]) {
  return (
    <input
      {...rest}
      type="file"
      accept={accept}
      onChange={({ currentTarget }) => {
        const file = currentTarget.files?.[0];
        currentTarget.value = "";
        if (file) onFile(file);
      }}
    />
  );
}

export function FileButton({ label, ...file }: FileProps & { label: string }) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" onClick={() => input.current!.click()}>
        {label}
      </button>
      <FileInput {...file} ref={input} hidden aria-label={label} />
    </>
  );
}
