// A network composed of the server's models: checked, run, exported.
import { toJsonString } from "@bufbuild/protobuf";
import { useEffect, useState } from "preact/hooks";

import { explain } from "../api/errors.ts";
import {
  type NetworkSize,
  type NetworkSpecification,
  NetworkSpecificationSchema,
} from "../generated/spiked/v1/network_pb.ts";
import { ModelKind } from "../generated/spiked/v1/catalog_service_pb.ts";
import type { Account } from "../generated/spiked/v1/access_service_pb.ts";
import { idOf } from "../sessions/names.ts";
import { mayCreate } from "../sessions/rights.ts";
import { goTo } from "../shell/route.ts";
import { type Action, useAction } from "../ui/action.ts";
import { download } from "../ui/download.ts";
import { FileButton, TextField } from "../ui/fields.tsx";
import { bytesText, countText } from "../ui/format.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { Catalogue } from "./catalogue.ts";
import {
  type Draft,
  exampleDraft,
  keepDraft,
  keptDraft,
  newMultimeter,
  newPopulation,
  newProjection,
  withPopulation,
} from "./draft.ts";
import { MultimeterForm } from "./multimeter_form.tsx";
import { PopulationForm } from "./population_form.tsx";
import { ProjectionForm } from "./projection_form.tsx";
import { pythonScript } from "./python.ts";
import { openSpecification } from "./open.ts";
import { build, validate } from "./server.ts";
import { FieldErrors, toSpecification } from "./specification.ts";

export function NetworksView({ account }: { account: Account }) {
  const may = mayCreate(account);
  const [catalogue, setCatalogue] = useState<Catalogue>();
  const [draft, setDraft] = useState<Draft>(keptDraft);
  const [errors, setErrors] = useState(new FieldErrors());
  const [size, setSize] = useState<NetworkSize>();
  const action = useAction();
  useEffect(() => {
    void action.run(async () => setCatalogue(await Catalogue.load()));
  }, []);

  const change = (next: Partial<Draft>) => {
    const changed = { ...draft, ...next };
    keepDraft(changed);
    setDraft(changed);
    setSize(undefined);
  };
  // Does something with the specification, if it can be read.
  const use = (what: (specification: NetworkSpecification) => unknown) => {
    const found = new FieldErrors();
    const specification = toSpecification(draft, found);
    setErrors(found);
    void action.run(async () => {
      if (found.size > 0)
        throw new Error("Some fields cannot be read: see what is said beside them.");
      try {
        await what(specification);
      } catch (error) {
        const refused = new FieldErrors();
        for (const { field, description } of explain(error).fields) refused.add(field, description);
        setErrors(refused);
        throw error;
      }
    });
  };
  const check = () =>
    use(async (specification) => setSize(await validate(draft.name, specification)));
  const open = (file: File) =>
    void action.run(async () => {
      const name = file.name.replace(/\.json$/i, "");
      change({ name, ...openSpecification(await file.text()) });
      setErrors(new FieldErrors());
    });
  const run = () =>
    use(async (specification) => {
      const session = await build(draft.name, draft.seed, specification);
      goTo({ view: "session", id: idOf(session) });
    });

  return (
    <main>
      <div class="title">
        <h1 tabIndex={-1}>Networks</h1>
        <p>Compose a network of the server's models.</p>
      </div>
      <section class="panel controls" aria-label="The network">
        <TextField
          label="Name"
          value={draft.name}
          onValue={(name) => change({ name })}
          error={errors.at("network")}
          spellcheck={false}
        />
        <TextField label="Seed" value={draft.seed} onValue={(seed) => change({ seed })} />
        <div class="buttons">
          <button type="button" disabled={!may || action.busy} onClick={check}>
            Check
          </button>
          <button type="button" class="primary" disabled={!may || action.busy} onClick={run}>
            Build and watch
          </button>
          <Exports draft={draft} use={use} />
          <FileButton label="Open JSON" accept=".json" onFile={open} />
          <button type="button" class="quiet" onClick={() => change(exampleDraft())}>
            Begin anew
          </button>
        </div>
        {!may && (
          <p class="hint">
            You are a viewer here: what you compose you may save. To build it, ask an admin for the
            role of a user.
          </p>
        )}
        <Told action={action} size={size} />
      </section>
      {catalogue && <Parts catalogue={catalogue} draft={draft} change={change} errors={errors} />}
    </main>
  );
}

function Told({ action, size }: { action: Action; size: NetworkSize | undefined }) {
  return (
    <>
      <ProblemNote problem={action.problem} />
      <p role="status">
        {size &&
          !action.problem &&
          `All is well: ${countText(size.neurons)} neurons and devices, ${countText(size.synapses)} synapses, about ${bytesText(Number(size.bytes))}.`}
      </p>
    </>
  );
}

interface ExportsProps {
  draft: Draft;
  use(what: (specification: NetworkSpecification) => unknown): void;
}

function Exports({ draft, use }: ExportsProps) {
  const json = (specification: NetworkSpecification) => {
    const options = { useProtoFieldName: true, prettySpaces: 2 };
    const text = toJsonString(NetworkSpecificationSchema, specification, options);
    download(`${draft.name}.json`, "application/json", `${text}\n`);
  };
  const python = (specification: NetworkSpecification) =>
    download(
      `${draft.name}.py`,
      "text/x-python",
      pythonScript(draft.name, draft.seed, specification),
    );
  return (
    <>
      <button type="button" onClick={() => use(json)}>
        Save as JSON
      </button>
      <button type="button" onClick={() => use(python)}>
        Save as Python
      </button>
    </>
  );
}

interface PartsProps {
  catalogue: Catalogue;
  draft: Draft;
  change(next: Partial<Draft>): void;
  errors: FieldErrors;
}

function Parts({ catalogue, draft, change, errors }: PartsProps) {
  const { populations, projections, multimeters } = draft;
  const names = populations.map(({ name }) => name);
  const transmitters = populations
    .filter(({ model }) => catalogue.model(model)?.kind === ModelKind.VOLUME_TRANSMITTER)
    .map(({ name }) => name);
  const first = names[0] ?? "";
  // What a form needs to change its part of a list.
  const part = <T,>(key: keyof Draft, list: T[], k: number) => ({
    draft: list[k]!,
    onDraft: (next: T) => change({ [key]: list.map((one, at) => (at === k ? next : one)) }),
    onRemove: () => change({ [key]: list.filter((_, at) => at !== k) }),
    errors,
    path: `${key}[${k}]`,
  });
  return (
    <div class="plots">
      <section class="panel" aria-labelledby="populations">
        <h2 id="populations">Populations</h2>
        {populations.map((_, k) => (
          <PopulationForm
            key={k}
            {...part("populations", populations, k)}
            onDraft={(next) => change(withPopulation(draft, k, next))}
            catalogue={catalogue}
          />
        ))}
        <button
          type="button"
          onClick={() => change({ populations: [...populations, newPopulation(populations)] })}
        >
          Add a population
        </button>
      </section>
      <section class="panel" aria-labelledby="projections">
        <h2 id="projections">Projections</h2>
        {projections.map((_, k) => (
          <ProjectionForm
            key={k}
            {...part("projections", projections, k)}
            catalogue={catalogue}
            populations={names}
            transmitters={transmitters}
          />
        ))}
        <button
          type="button"
          disabled={names.length === 0}
          onClick={() =>
            change({ projections: [...projections, newProjection(projections, first, first)] })
          }
        >
          Add a projection
        </button>
      </section>
      <section class="panel" aria-labelledby="multimeters">
        <h2 id="multimeters">Multimeters</h2>
        {multimeters.map((_, k) => (
          <MultimeterForm
            key={k}
            {...part("multimeters", multimeters, k)}
            catalogue={catalogue}
            populations={populations}
          />
        ))}
        <button
          type="button"
          disabled={names.length === 0}
          onClick={() =>
            change({ multimeters: [...multimeters, newMultimeter(multimeters, first)] })
          }
        >
          Add a multimeter
        </button>
      </section>
    </div>
  );
}
