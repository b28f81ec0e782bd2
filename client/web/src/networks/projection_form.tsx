import { CheckField, SelectField, TextField } from "../ui/fields.tsx";
import type { Catalogue } from "./catalogue.ts";
import { type ProjectionDraft, RULE_NUMBERS, RULES } from "./draft.ts";
import { ParameterFields } from "./parameter_fields.tsx";
import { NameField, Part, type PartProps, RecordFields } from "./part.tsx";
import { SELECTION_HINT } from "./selection.ts";

interface Props extends PartProps<ProjectionDraft> {
  catalogue: Catalogue;
  // Names of all populations, and of those that gather dopamine.
  populations: string[];
  transmitters: string[];
}

const WITHOUT_AUTAPSES: readonly string[] = ["one_to_one", "explicit_pairs"];
const WITH_MULTAPSES: readonly string[] = ["fixed_indegree", "fixed_outdegree"];
const VALUES = "a number, normal(mean, std), uniform(low, high) …";

export function ProjectionForm(props: Props) {
  const { draft, onDraft, errors, path, catalogue, populations, transmitters } = props;
  const change = (next: Partial<ProjectionDraft>) => onDraft({ ...draft, ...next });
  const number = RULE_NUMBERS[draft.rule];
  return (
    <Part {...props} kind="Projection" text={`${draft.source} → ${draft.target}, ${draft.rule}`}>
      <div class="line">
        <NameField {...props} />
        <SelectField
          label="From"
          value={draft.source}
          onValue={(source) => change({ source })}
          options={populations}
          error={errors.at(`${path}.source`)}
        />
        <SelectField
          label="To"
          value={draft.target}
          onValue={(target) => change({ target })}
          options={populations}
          error={errors.at(`${path}.target`)}
        />
        <TextField
          label="Neurons of the source"
          value={draft.sourceNeurons}
          onValue={(sourceNeurons) => change({ sourceNeurons })}
          hint={SELECTION_HINT}
          error={errors.at(`${path}.source_neurons`)}
        />
        <TextField
          label="Neurons of the target"
          value={draft.targetNeurons}
          onValue={(targetNeurons) => change({ targetNeurons })}
          hint="likewise"
          error={errors.at(`${path}.target_neurons`)}
        />
      </div>
      <div class="line">
        <SelectField
          label="Rule"
          value={draft.rule}
          onValue={(rule) => change({ rule })}
          options={RULES}
          error={number ? undefined : errors.at(`${path}.rule`)}
        />
        {number && (
          <TextField
            label={number}
            value={draft.ruleNumber}
            onValue={(ruleNumber) => change({ ruleNumber })}
            error={errors.at(`${path}.rule`)}
          />
        )}
        <TextField
          label="Weight, pA"
          value={draft.weight}
          onValue={(weight) => change({ weight })}
          hint={VALUES}
          error={errors.at(`${path}.weight`)}
        />
        <TextField
          label="Delay, ms"
          value={draft.delay}
          onValue={(delay) => change({ delay })}
          hint={VALUES}
          error={errors.at(`${path}.delay_ms`)}
        />
      </div>
      {!WITHOUT_AUTAPSES.includes(draft.rule) && (
        <div class="line">
          <CheckField
            label="A neuron may be connected to itself"
            checked={draft.autapses}
            onChecked={(autapses) => change({ autapses })}
          />
          {WITH_MULTAPSES.includes(draft.rule) && (
            <CheckField
              label="A pair may be connected more than once"
              checked={draft.multapses}
              onChecked={(multapses) => change({ multapses })}
            />
          )}
        </div>
      )}
      <div class="line">
        <SelectField
          label="Synapse"
          value={draft.synapseModel}
          onValue={(synapseModel) => change({ synapseModel, parameters: {}, transmitter: "" })}
          options={catalogue.synapseModels}
          error={errors.at(`${path}.synapse_model`)}
        />
        {draft.synapseModel === "stdp_dopamine_synapse" && (
          <SelectField
            label="Volume transmitter"
            value={draft.transmitter}
            onValue={(transmitter) => change({ transmitter })}
            options={["", ...transmitters]}
            hint="a population of model volume_transmitter"
            error={errors.at(`${path}.volume_transmitter`)}
          />
        )}
      </div>
      <div class="line">
        <CheckField
          label="Record its weights as they are transmitted"
          checked={draft.record}
          onChecked={(record) => change({ record })}
        />
        {draft.record && <RecordFields {...props} what="weights" />}
      </div>
      <ParameterFields
        model={catalogue.model(draft.synapseModel)}
        values={draft.parameters}
        onValues={(parameters) => change({ parameters })}
        errors={errors}
        path={path}
      />
    </Part>
  );
}
