// A field for each parameter of a model, with unit, meaning and default.
import type { Model, ModelParameter } from "../generated/spiked/v1/catalog_service_pb.ts";
import { TextField } from "../ui/fields.tsx";
import type { FieldErrors } from "./specification.ts";

interface Props {
  model: Model | undefined;
  values: Record<string, string>;
  onValues(values: Record<string, string>): void;
  errors: FieldErrors;
  // That of the population or projection.
  path: string;
}

export function ParameterFields({ model, values, onValues, errors, path }: Props) {
  if (!model) return null;
  const changed = model.parameters.filter(({ name }) => values[name]?.trim()).length;
  const wrong = errors.at(`${path}.parameters`) !== undefined;
  return (
    <>
      <p class="hint">{model.description}</p>
      {model.parameters.length > 0 && (
        <details open={wrong}>
          <summary>
            Parameters ({model.parameters.length}
            {changed > 0 && `, ${changed} changed`})
          </summary>
          <div class="grid">
            {model.parameters.map((parameter) => (
              <TextField
                key={parameter.name}
                label={parameter.unit ? `${parameter.name}, ${parameter.unit}` : parameter.name}
                hint={parameter.description}
                placeholder={defaultText(parameter)}
                value={values[parameter.name] ?? ""}
                onValue={(value) => onValues({ ...values, [parameter.name]: value })}
                error={errors.at(`${path}.parameters[${parameter.name}]`)}
                spellcheck={false}
              />
            ))}
          </div>
        </details>
      )}
    </>
  );
}

function defaultText({ defaultValue }: ModelParameter): string {
  // It is that of another parameter, as the description says.
  if (Number.isNaN(defaultValue)) return "";
  if (!Number.isFinite(defaultValue)) return defaultValue > 0 ? "inf" : "-inf";
  return String(defaultValue);
}
