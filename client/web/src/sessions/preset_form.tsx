// A network that the server knows by name, with its options.
import type { JsonObject, JsonValue } from "@bufbuild/protobuf";
import { toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";

import type { Preset, PresetOption } from "../generated/spiked/v1/catalog_service_pb.ts";
import { CheckField, SelectField, TextField } from "../ui/fields.tsx";

export type Options = JsonObject;

export function defaultOptions(preset: Preset): Options {
  return Object.fromEntries(
    preset.options.map(({ name, defaultValue }) => [
      name,
      defaultValue ? toJson(ValueSchema, defaultValue) : null,
    ]),
  );
}

interface Props {
  presets: Preset[];
  network: string;
  preset: string;
  options: Options;
  onNetwork(network: string): void;
  onPreset(preset: Preset): void;
  onOptions(options: Options): void;
  onRemove(): void;
}

export function PresetForm(props: Props) {
  const { presets, network, preset, options, onNetwork, onPreset, onOptions, onRemove } = props;
  const known = presets.find(({ name }) => name === preset);
  return (
    <fieldset class="part">
      <legend>Network {network}</legend>
      <div class="line">
        <TextField label="Network's name" value={network} onValue={onNetwork} required />
        <SelectField
          label="Preset"
          value={preset}
          onValue={(name) => onPreset(presets.find((one) => one.name === name)!)}
          options={presets.map(({ name }) => name)}
        />
        <button
          type="button"
          class="quiet"
          aria-label={`Remove network ${network}`}
          onClick={onRemove}
        >
          Remove
        </button>
      </div>
      <p class="hint">{known?.description}</p>
      {known?.options.map((option) => (
        <OptionField
          key={option.name}
          option={option}
          value={options[option.name] ?? null}
          onValue={(value) => onOptions({ ...options, [option.name]: value })}
        />
      ))}
    </fieldset>
  );
}

interface OptionProps {
  option: PresetOption;
  value: JsonValue;
  onValue(value: JsonValue): void;
}

function OptionField({ option: { name, description }, value, onValue }: OptionProps) {
  if (typeof value === "boolean") {
    return <CheckField label={`${name}: ${description}`} checked={value} onChecked={onValue} />;
  }
  const numeric = typeof value === "number";
  return (
    <TextField
      label={name}
      hint={description}
      type={numeric ? "number" : "text"}
      {...(numeric ? { step: "any" as const } : {})}
      value={String(value ?? "")}
      onValue={(text) => onValue(numeric && text !== "" ? Number(text) : text)}
    />
  );
}
