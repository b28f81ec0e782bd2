// What is recorded of a session that stands: begun, ended, or bounded anew.
import type { MessageInitShape } from "@bufbuild/protobuf";
import { useState } from "preact/hooks";

import { requestId, simulation } from "../api/client.ts";
import { explain } from "../api/errors.ts";
import type { RecordingSettingSchema } from "../generated/spiked/v1/data_pb.ts";
import type { NetworkSpecification } from "../generated/spiked/v1/network_pb.ts";
import { keeping, MOST_KEPT, type RecordDraft } from "../networks/draft.ts";
import { recordDraft } from "../networks/open.ts";
import { RecordFields } from "../networks/part.tsx";
import { FieldErrors, recording } from "../networks/specification.ts";
import { useAction } from "../ui/action.ts";
import { CheckField, SelectField } from "../ui/fields.tsx";
import { timeText } from "../ui/format.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { saveWeightRecord } from "./weight_record.ts";

type Target = NonNullable<
  Exclude<MessageInitShape<typeof RecordingSettingSchema>, { $typeName: string }>["target"]
>;

// What can be recorded, and how it is.
interface Recorded {
  target: Target & { value: string };
  what: "spikes" | "weights";
  record: boolean;
  draft: RecordDraft;
}

interface Props {
  session: string;
  specifications: (readonly [string, NetworkSpecification])[];
  // Something has changed that the networks tell.
  onChange(): Promise<unknown>;
}

export function RecordingPanel({ session, specifications, onChange }: Props) {
  const all = specifications.flatMap(([network, { populations, projections }]): Recorded[] => [
    ...populations.map((one) => ({
      target: { case: "population" as const, value: `${network}/${one.name}` },
      what: "spikes" as const,
      record: one.recordSpikes,
      draft: recordDraft(one),
    })),
    ...projections.map((one) => ({
      target: { case: "projection" as const, value: `${network}/${one.name}` },
      what: "weights" as const,
      record: one.recordWeights,
      draft: recordDraft(one),
    })),
  ]);
  const [chosen, setChosen] = useState("0");
  const found = all[Number(chosen)] ?? all[0];
  if (!found) return <p class="hint">No network is in this session.</p>;
  return (
    <>
      <SelectField
        label="Spikes or weights of"
        value={chosen}
        onValue={setChosen}
        options={all.map(
          ({ target, what, record }, k) =>
            [String(k), `${target.value}: ${what}${record ? ", recorded" : ""}`] as const,
        )}
      />
      <RecordingForm key={chosen} session={session} recorded={found} onChange={onChange} />
    </>
  );
}

interface FormProps {
  session: string;
  recorded: Recorded;
  onChange(): Promise<unknown>;
}

function RecordingForm({ session, recorded, onChange }: FormProps) {
  const { target, what } = recorded;
  const [record, setRecord] = useState(recorded.record);
  const [draft, setDraft] = useState(recorded.record ? recorded.draft : keeping(MOST_KEPT));
  const [errors, setErrors] = useState(new FieldErrors());
  const [told, setTold] = useState("");
  const action = useAction();

  const apply = (event: Event) => {
    event.preventDefault();
    const found = new FieldErrors();
    const setting = { target, record, ...(record ? recording(draft, "settings[0]", found) : {}) };
    setErrors(found);
    setTold("");
    if (found.size > 0) return;
    void action.run(async () => {
      try {
        const { timeMs } = await simulation.setRecording({
          session,
          settings: [setting],
          requestId: requestId(),
        });
        setTold(
          record
            ? `The ${what} of ${target.value} are recorded after ${timeText(timeMs)}.`
            : `The ${what} of ${target.value} are not recorded any more.`,
        );
      } catch (error) {
        const refused = new FieldErrors();
        for (const { field, description } of explain(error).fields) refused.add(field, description);
        setErrors(refused);
        throw error;
      }
      await onChange();
    });
  };
  const save = () => void action.run(() => saveWeightRecord(session, target.value));
  return (
    <form onSubmit={apply}>
      <CheckField label={`Record the ${what}`} checked={record} onChecked={setRecord} />
      {record && (
        <div class="line">
          <RecordFields
            draft={draft}
            onDraft={setDraft}
            errors={errors}
            path="settings[0]"
            what={what}
          />
        </div>
      )}
      <p class="hint">What was recorded of it before is forgotten.</p>
      <div class="buttons">
        <button type="submit" disabled={action.busy}>
          Apply
        </button>
        {what === "weights" && recorded.record && (
          <button type="button" disabled={action.busy} onClick={save}>
            Save the record as CSV
          </button>
        )}
      </div>
      <ProblemNote problem={action.problem} />
      <p role="status">{!action.problem && told}</p>
    </form>
  );
}
