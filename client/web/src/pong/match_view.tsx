// A match as it goes, live or from a record.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { type Pair, POLL_MS, SIDES } from "../../../node/src/rules.ts";
import { Plot } from "../plots/plot.tsx";
import { useStore } from "../store.ts";
import { countText, speedText, timeText } from "../ui/format.ts";
import { ProblemNote } from "../ui/problem.tsx";
import { Slider } from "../ui/fields.tsx";
import { SpeedSlider } from "../ui/speed_slider.tsx";
import type { Human } from "./human.ts";
import type { Replay } from "./replay.ts";
import type { Scene } from "./scene.ts";
import type { Shown } from "./shown.ts";

interface Props {
  shown: Shown;
  // What else can be done with it.
  children: ComponentChildren;
}

export function MatchView({ shown, children }: Props) {
  const { scene, controlled, names } = shown;
  const human = shown.kind === "match" ? shown.human : undefined;
  const state = useStore(controlled.state);
  const [speed, setSpeed] = useState(controlled.speed);
  const change = (next: number) => {
    setSpeed(next);
    controlled.speed = next;
  };
  return (
    <>
      <section class="panel controls" aria-label="The match">
        <div class="buttons">
          {state.kind === "paused" ? (
            <button type="button" class="primary" onClick={() => controlled.resume()}>
              Go on
            </button>
          ) : (
            <button
              type="button"
              class="primary"
              disabled={state.kind !== "playing"}
              onClick={() => controlled.pause()}
            >
              Pause
            </button>
          )}
          <button
            type="button"
            disabled={state.kind === "over" || state.kind === "waiting"}
            onClick={() => controlled.step()}
          >
            Step
          </button>
          {children}
        </div>
        <SpeedSlider speed={speed} onSpeed={change} />
        {shown.kind === "replay" && <SeekSlider replay={shown.controlled} scene={scene} />}
        {state.kind === "waiting" && (
          <p role="status">The server is lost. The match goes on when it is back.</p>
        )}
        {state.kind === "over" && <p role="status">The match is over.</p>}
        <ProblemNote problem={state.kind === "over" ? state.problem : undefined} />
      </section>
      <div class="match">
        <section class="panel field" aria-labelledby="field">
          <h2 id="field">Field</h2>
          <Playground scene={scene} human={human} names={names} />
          <StandingLine scene={scene} playing={state.kind === "playing"} />
        </section>
        {SIDES.map((side) => (
          <section key={side} class={`panel ${side}`} aria-labelledby={side}>
            <h2 id={side}>{names[side]}</h2>
            <Plot
              drawing={scene.rasters[side]}
              label={`Motor spikes of ${names[side]} and, behind them, the ball's cell`}
            />
            {names[side] === "You" ? (
              <p class="hint">Where you want your paddle; grey: where the ball is.</p>
            ) : (
              <>
                <p class="hint">
                  Spikes of motor neurons, one for each row; grey: the row where the ball is.
                </p>
                <Plot
                  drawing={scene.weights[side]}
                  label={`Weights of ${names[side]}, from the ball's cell to motor neurons`}
                  class="square"
                />
                <p class="hint">
                  Weights: a bright diagonal has learned to move the paddle to the ball.
                </p>
              </>
            )}
          </section>
        ))}
        <section class="panel rewards" aria-labelledby="rewards">
          <h2 id="rewards">Rewards</h2>
          <Rewards scene={scene} names={names} />
        </section>
      </div>
    </>
  );
}

function SeekSlider({ replay, scene }: { replay: Replay; scene: Scene }) {
  const { polls } = useStore(scene.standing);
  const all = replay.record.polls.length;
  const text = `${countText(polls)} of ${countText(all)}`;
  return (
    <Slider
      label="Poll"
      min={1}
      max={all}
      value={replay.played}
      text={text}
      onValue={(played) => replay.seek(played)}
    />
  );
}

interface PlaygroundProps {
  scene: Scene;
  human: Human | undefined;
  names: Pair<string>;
}

function Playground({ scene, human, names }: PlaygroundProps) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!human) return;
    ref.current!.focus();
    return human.listen(ref.current!);
  }, [human]);
  const plot = (
    <Plot
      drawing={scene.field}
      label={`Pong: ${names.left} on the left, ${names.right} on the right`}
      class="pong"
    />
  );
  if (!human) return plot;
  return (
    <>
      <div
        ref={ref}
        class="playground"
        tabIndex={0}
        role="application"
        aria-label="Your paddle: arrow up, arrow down, or the pointer"
      >
        {plot}
      </div>
      <p class="hint">
        You have the left paddle: move the mouse or a finger over the field, or hold ↑ and ↓ (W and
        S).
      </p>
    </>
  );
}

function StandingLine({ scene, playing }: { scene: Scene; playing: boolean }) {
  const { polls, timeMs, score, rate } = useStore(scene.standing);
  return (
    <>
      <p class="hint standing">
        <span id="polls">{countText(polls)}</span> polls · {timeText(timeMs)}
        {playing && rate > 0 && ` · ${speedText((rate * POLL_MS) / 1000)} real time`}
      </p>
      <p class="unseen" role="status">
        Score {score[0]} to {score[1]}
      </p>
    </>
  );
}

function Rewards({ scene, names }: { scene: Scene; names: Pair<string> }) {
  const { meanReward } = useStore(scene.standing);
  const told = SIDES.map((side) => `${names[side]} ${meanReward[side].toFixed(2)}`).join(", ");
  return (
    <>
      <Plot drawing={scene.rewards} label={`Mean rewards over polls; now ${told}`} />
      <p class="hint">Mean reward: {told}. 1 is a paddle that always follows the ball.</p>
    </>
  );
}
