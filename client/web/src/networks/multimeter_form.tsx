import { CheckField, SelectField, TextField } from "../ui/fields.tsx";
import type { Catalogue } from "./catalogue.ts";
import type { MultimeterDraft, PopulationDraft } from "./draft.ts";
import { NameField, Part, type PartProps, RecordFields } from "./part.tsx";
import { SELECTION_HINT } from "./selection.ts";

interface Props extends PartProps<MultimeterDraft> {
  catalogue: Catalogue;
  populations: PopulationDraft[];
}

export function MultimeterForm(props: Props) {
  const { draft, onDraft, errors, path, catalogue, populations } = props;
  const change = (next: Partial<MultimeterDraft>) => onDraft({ ...draft, ...next });
  const model = populations.find(({ name }) => name === draft.population)?.model ?? "";
  const recordables = catalogue.model(model)?.recordables ?? [];
  const choose = (variable: string, on: boolean) =>
    change({
      variables: on
        ? [...draft.variables, variable]
        : draft.variables.filter((one) => one !== variable),
    });
  const error = errors.at(`${path}.variables`);
  return (
    <Part
      {...props}
      kind="Multimeter"
      text={`${draft.variables.join(", ")} of ${draft.population}`}
    >
      <div class="line">
        <NameField {...props} />
        <SelectField
          label="Population"
          value={draft.population}
          onValue={(population) => change({ population })}
          options={populations.map(({ name }) => name)}
          error={errors.at(`${path}.population`)}
        />
        <TextField
          label="Neurons"
          value={draft.neurons}
          onValue={(neurons) => change({ neurons })}
          hint={SELECTION_HINT}
          error={errors.at(`${path}.neurons`)}
        />
        <TextField
          label="Interval, ms"
          value={draft.interval}
          onValue={(interval) => change({ interval })}
          error={errors.at(`${path}.interval_ms`)}
        />
        <RecordFields {...props} what="samples" />
      </div>
      <fieldset class="choices">
        <legend>Variables</legend>
        {recordables.map(({ name, unit, description }) => (
          <CheckField
            key={name}
            label={`${name}${unit && `, ${unit}`}: ${description}`}
            checked={draft.variables.includes(name)}
            onChecked={(on) => choose(name, on)}
          />
        ))}
        {recordables.length === 0 && (
          <p class="hint">Nothing of this population can be recorded.</p>
        )}
      </fieldset>
      {error && <p class="error">{error}</p>}
    </Part>
  );
}
