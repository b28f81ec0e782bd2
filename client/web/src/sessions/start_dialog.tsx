// A new session, with networks that the server knows by name.
import { useEffect, useState } from "preact/hooks";

import { catalog } from "../api/client.ts";
import { openSession, parseSeed } from "../api/open_session.ts";
import type { Preset } from "../generated/spiked/v1/catalog_service_pb.ts";
import { useAction } from "../ui/action.ts";
import { FormDialog } from "../ui/dialog.tsx";
import { TextAreaField, TextField } from "../ui/fields.tsx";
import { parseLabels } from "./labels.ts";
import { defaultOptions, type Options, PresetForm } from "./preset_form.tsx";

interface Chosen {
  network: string;
  preset: string;
  options: Options;
}

interface Props {
  onClose(): void;
  onStarted(session: string): void;
}

const FIRST_PRESET = "pong/rstdp";

export function StartDialog({ onClose, onStarted }: Props) {
  const [presets, setPresets] = useState<Preset[]>([]);
  const [name, setName] = useState("");
  const [seed, setSeed] = useState("");
  const [labels, setLabels] = useState("");
  const [chosen, setChosen] = useState<Chosen[]>([]);
  const action = useAction();

  const add = (known: Preset[]) => {
    const preset = known.find((one) => one.name === FIRST_PRESET) ?? known[0];
    if (!preset) return;
    setChosen((all) => [
      ...all,
      { network: freeName(all), preset: preset.name, options: defaultOptions(preset) },
    ]);
  };
  useEffect(() => {
    void action.run(async () => {
      const { presets: known } = await catalog.listPresets({});
      setPresets(known);
      add(known);
    });
  }, []);

  const change = (k: number, next: Partial<Chosen>) =>
    setChosen(chosen.map((one, at) => (at === k ? { ...one, ...next } : one)));
  const submit = () => {
    void action.run(async () => {
      const request = { displayName: name, labels: parseLabels(labels), ...parseSeed(seed) };
      const networks = chosen.map(({ network, preset, options }) => ({
        network,
        source: { case: "preset" as const, value: { name: preset, options } },
      }));
      onStarted((await openSession(request, networks)).name);
    });
  };
  return (
    <FormDialog
      title="Start a session"
      verb="Start"
      action={action}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextField label="Name" value={name} onValue={setName} hint="For people; may be empty." />
      <div class="line">
        <TextField
          label="Seed"
          value={seed}
          onValue={setSeed}
          hint="A whole number. Empty: drawn. Equal seeds give equal results."
        />
        <TextAreaField
          label="Labels"
          value={labels}
          onValue={setLabels}
          hint="key=value, one a line."
          rows={2}
        />
      </div>
      {chosen.map(({ network, preset, options }, k) => (
        <PresetForm
          key={k}
          presets={presets}
          network={network}
          preset={preset}
          options={options}
          onNetwork={(next) => change(k, { network: next })}
          onPreset={(next) => change(k, { preset: next.name, options: defaultOptions(next) })}
          onOptions={(next) => change(k, { options: next })}
          onRemove={() => setChosen(chosen.filter((_, at) => at !== k))}
        />
      ))}
      <button type="button" onClick={() => add(presets)}>
        Add a network
      </button>
    </FormDialog>
  );
}

function freeName(taken: Chosen[]): string {
  const names = taken.map(({ network }) => network);
  for (let k = 1; ; ++k) {
    const name = k === 1 ? "net" : `net${k}`;
    if (!names.includes(name)) return name;
  }
}
