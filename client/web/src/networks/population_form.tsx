import { CheckField, SelectField, TextField } from "../ui/fields.tsx";
import type { Catalogue } from "./catalogue.ts";
import type { PopulationDraft } from "./draft.ts";
import { ParameterFields } from "./parameter_fields.tsx";
import { NameField, Part, type PartProps, RecordLimitField } from "./part.tsx";

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
          onValue={(model) => change({ model, parameters: {} })}
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
      </div>
      <div class="line">
        <CheckField
          label="Record its spikes"
          checked={draft.record}
          onChecked={(record) => change({ record })}
        />
        {draft.record && <RecordLimitField {...props} what="spikes" />}
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
