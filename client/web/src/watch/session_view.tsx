// A session as it runs: spikes, rates, potentials, weights, time and speed.
import { Code } from "@connectrpc/connect";
import { useEffect, useRef, useState } from "preact/hooks";

import { simulation } from "../api/client.ts";
import { explain, type Problem } from "../api/errors.ts";
import { DrivePanel } from "../drive/drive_panel.tsx";
import type { Account } from "../generated/spiked/v1/access_service_pb.ts";
import type { NetworkSpecification } from "../generated/spiked/v1/network_pb.ts";
import type { Session } from "../generated/spiked/v1/session_pb.ts";
import { Catalogue } from "../networks/catalogue.ts";
import { Plot } from "../plots/plot.tsx";
import { nameOf, titleOf } from "../sessions/names.ts";
import { mayDrive } from "../sessions/rights.ts";
import { useStore } from "../store.ts";
import { CheckField, SelectField } from "../ui/fields.tsx";
import { bytesText, countText, secondsText, speedText, timeText } from "../ui/format.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { useEvery } from "../ui/visible.ts";
import { Monitor } from "./monitor.ts";
import { type ReadoutInit, useWatch } from "./use_watch.ts";
import { RecordingPanel } from "./recording_panel.tsx";
import { SnapshotsPanel } from "./snapshots_panel.tsx";
import { keyOf, traced } from "./traces.ts";
import { WeightsPanel } from "./weights_panel.tsx";

const FRAME_RATE_HZ = 30;
const WINDOWS = ["200", "500", "1000", "2000", "5000", "10000", "60000"] as const;
type Window = (typeof WINDOWS)[number];

const NONE = "";

interface Props {
  id: string;
  account: Account;
}

export function SessionView({ id, account }: Props) {
  const name = nameOf(id);
  const { session, specifications, problem, look, lookAnew } = useSession(name);
  const monitor = useRef<Monitor>();
  monitor.current ??= new Monitor();
  const [windowMs, setWindowMs] = useState<Window>("1000");
  // Those that are not to be seen.
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [chosen, setChosen] = useState(NONE);
  const [projection, setProjection] = useState(NONE);

  const populations = useStore(monitor.current.populations);
  const shown = populations.filter(
    ({ population, recorded }) => recorded && !hidden.has(population),
  );
  const catalogue = useCatalogue();
  const signals = traced(specifications, catalogue);
  const drawn = signals.find((one) => keyOf(one) === chosen);
  monitor.current.traced = drawn;
  // Changes when a network comes or goes, so that it is seen.
  const networks = session?.networks.join();
  const readout: ReadoutInit = {
    spikes: hidden.size === 0 ? ["*"] : shown.map(({ population }) => population),
    signals: drawn ? [drawn.multimeter] : [],
  };
  const ended = useWatch(name, readout, FRAME_RATE_HZ, (frame, asked) =>
    monitor.current!.frame(frame, asked),
  );

  const changeWindow = (next: Window) => {
    setWindowMs(next);
    monitor.current!.windowMs = Number(next);
  };
  const show = (population: string, on: boolean) => {
    const next = new Set(hidden);
    if (on) next.delete(population);
    else next.add(population);
    setHidden(next);
  };

  const trouble = ended ?? problem;
  const gone = trouble?.code === Code.NotFound;
  const drive = session !== undefined && !gone && mayDrive(session, account);
  const projections = specifications.flatMap(([network, specification]) =>
    specification.projections.map((one) => `${network}/${one.name}`),
  );
  return (
    <main>
      <div class="title">
        <h1 tabIndex={-1}>{session ? titleOf(session) : id}</h1>
        <a href="#/sessions">All sessions</a>
      </div>
      <ProblemNote problem={trouble} />
      {session && <Facts session={session} monitor={monitor.current} />}
      {session && drive && <DrivePanel session={session} />}
      <div class="plots" key={networks}>
        <section class="panel wide" aria-labelledby="spikes">
          <h2 id="spikes">Spikes</h2>
          <Plot
            drawing={monitor.current.raster}
            label={`Spikes of ${shown.length} populations over time`}
            class="high"
          />
          <div class="line">
            <SelectField
              label="Window"
              value={windowMs}
              onValue={changeWindow}
              options={WINDOWS.map((ms) => [ms, timeText(Number(ms))] as const)}
            />
            <fieldset class="choices">
              <legend>Populations</legend>
              {populations.map(({ population, recorded, size }) =>
                recorded ? (
                  <CheckField
                    key={population}
                    label={`${population} (${countText(size)})`}
                    checked={!hidden.has(population)}
                    onChecked={(on) => show(population, on)}
                  />
                ) : null,
              )}
              {shown.length === 0 && <p class="hint">No population that is recorded is shown.</p>}
            </fieldset>
          </div>
        </section>
        <section class="panel" aria-labelledby="rates">
          <h2 id="rates">Rates</h2>
          <Rates monitor={monitor.current} names={shown.map(({ population }) => population)} />
        </section>
        <section class="panel" aria-labelledby="signals">
          <h2 id="signals">Potentials and currents</h2>
          {signals.length === 0 ? (
            <p class="hint">No multimeter is in this session.</p>
          ) : (
            <>
              <SelectField
                label="Multimeter"
                value={drawn ? chosen : NONE}
                onValue={setChosen}
                options={[
                  [NONE, "none"],
                  ...signals.map((one) => [keyOf(one), `${one.multimeter}: ${one.text}`] as const),
                ]}
              />
              {drawn && (
                <Plot
                  drawing={monitor.current.signals}
                  label={`${drawn.text} of ${drawn.multimeter} over time`}
                />
              )}
            </>
          )}
        </section>
        <section class="panel tall" aria-labelledby="weights">
          <h2 id="weights">Weights</h2>
          <SelectField
            label="Projection"
            value={projection}
            onValue={setProjection}
            options={[[NONE, "none"], ...projections]}
          />
          <ChosenWeights session={name} specifications={specifications} projection={projection} />
        </section>
        {session && !gone && (
          <section class="panel" aria-labelledby="snapshots">
            <h2 id="snapshots">Snapshots</h2>
            <SnapshotsPanel session={session} drive={drive} onChange={look} />
          </section>
        )}
        {drive && (
          <section class="panel" aria-labelledby="recording">
            <h2 id="recording">Recording</h2>
            <RecordingPanel session={name} specifications={specifications} onChange={lookAnew} />
          </section>
        )}
      </div>
    </main>
  );
}

type Specifications = (readonly [string, NetworkSpecification])[];

interface Known {
  session: Session | undefined;
  specifications: Specifications;
  problem: Problem | undefined;
  // Looks again, also at what has not changed by name.
  look(): Promise<void>;
  lookAnew(): Promise<void>;
}

// What the session is, told again and again, and what its networks are made of.
function useSession(name: string): Known {
  const [session, setSession] = useState<Session>();
  const [specifications, setSpecifications] = useState<Specifications>([]);
  const [problem, setProblem] = useState<Problem>();
  const described = useRef("");
  const look = async () => {
    try {
      const { session: found } = await simulation.getSession(
        { session: name },
        { timeoutMs: 10_000 },
      );
      setSession(found);
      setProblem(undefined);
      const networks = found?.networks ?? [];
      if (networks.join() === described.current) return;
      const answers = await Promise.all(
        networks.map((network) => simulation.getNetwork({ session: name, network })),
      );
      setSpecifications(
        answers.map(({ network }) => [network!.name, network!.specification!] as const),
      );
      described.current = networks.join();
    } catch (error) {
      setProblem(explain(error));
    }
  };
  useEvery(2000, look, name);
  const lookAnew = () => {
    described.current = "";
    return look();
  };
  return { session, specifications, problem, look, lookAnew };
}

// Units; without them curves have their names alone.
function useCatalogue(): Catalogue | undefined {
  const [catalogue, setCatalogue] = useState<Catalogue>();
  useEffect(() => void Catalogue.load().then(setCatalogue, () => {}), []);
  return catalogue;
}

function Facts({ session, monitor }: { session: Session; monitor: Monitor }) {
  const { timeMs, speed, frameRate, lost } = useStore(monitor.status);
  const fact = (name: string, value: string, id?: string) => (
    <div>
      <dt>{name}</dt>
      <dd id={id}>{value}</dd>
    </div>
  );
  return (
    <dl class="facts">
      {fact("Time", timeText(Math.max(timeMs, session.timeMs)), "time")}
      {fact("Speed", speedText(speed))}
      {fact("Frames", `${frameRate}/s${lost > 0 ? `, ${countText(lost)} left out` : ""}`, "frames")}
      {fact("Owner", session.owner)}
      {fact("Neurons", countText(session.size?.neurons ?? 0n))}
      {fact("Synapses", countText(session.size?.synapses ?? 0n))}
      {fact("Memory", bytesText(Number(session.memoryBytes)))}
      {fact("Cost", `${secondsText(session.cost?.processorSeconds ?? 0)} of a core`)}
      {fact("Seed", String(session.seed))}
    </dl>
  );
}

function Rates({ monitor, names }: { monitor: Monitor; names: string[] }) {
  const { rates } = useStore(monitor.status);
  const told = names.map((name, k) => `${name} ${(rates[k] ?? 0).toFixed(1)} Hz`);
  return (
    <>
      <Plot drawing={monitor.rates} label={`Rates over time: ${told.join(", ") || "none"}`} />
      <p class="hint">{told.join(" · ")}</p>
    </>
  );
}

interface ChosenProps {
  session: string;
  specifications: Specifications;
  projection: string;
}

function ChosenWeights({ session, specifications, projection }: ChosenProps) {
  const [network, part] = projection.split("/");
  const specification = specifications.find(([name]) => name === network)?.[1];
  const found = specification?.projections.find(({ name }) => name === part);
  const population = (name: string) => specification?.populations.find((one) => one.name === name);
  const source = found && population(found.source);
  const target = found && population(found.target);
  if (!network || !found || !source || !target) return null;
  return (
    <WeightsPanel
      key={projection}
      session={session}
      network={network}
      projection={found}
      source={source}
      target={target}
    />
  );
}
