import { CheckField, SelectField, TextField } from "../ui/fields.tsx";
import type { Catalogue } from "./catalogue.ts";
import type { PopulationDraft } from "./draft.ts";
import { ParameterFields } from "./parameter_fields.tsx";
import { NameField, Part, type PartProps, RecordFields } from "./part.tsx";

export function PopulationForm(props: PartProps<PopulationDraft> & { catalogue: Catalogue }) {
  const { draft, onDraft, errors, path, catalogue } = props;
  const change = (next: Partial<PopulationDraft>) => onDraft({ ...draft, ...next });
  return (
    <Part {...props} kind="Population" text={`${draft.size} ${draft.model}`}>
      <div class="line">
        <NameField {...props} />
        <SelectField
          label="Model"
          value={draft.model}
          onValue={(model) => change({ model, parameters: {}, mirrored: "" })}
          options={catalogue.populationModels}
          error={errors.at(`${path}.model`)}
        />
        <TextField
          label="Size"
          type="number"
          min={1}
          value={draft.size}
          onValue={(size) => change({ size })}
          error={errors.at(`${path}.size`)}
        />
        {draft.model === "mirror" && (
          <TextField
            label="Repeats the spikes of"
            value={draft.mirrored}
            onValue={(mirrored) => change({ mirrored })}
            hint="network/population, in the same session"
            error={errors.at(`${path}.mirrored`)}
            spellcheck={false}
          />
        )}
      </div>
      <div class="line">
        <CheckField
          label="Record its spikes"
          checked={draft.record}
          onChecked={(record) => change({ record })}
        />
        {draft.record && <RecordFields {...props} what="spikes" />}
      </div>
      <ParameterFields
        model={catalogue.model(draft.model)}
        values={draft.parameters}
        onValues={(parameters) => change({ parameters })}
        errors={errors}
        path={path}
      />
    </Part>
  );
}
