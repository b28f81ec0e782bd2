// The match or the record that is shown: one at a time, which goes on while its view is
// left for another.
import type { Pair } from "../../../node/src/rules.ts";
import { Store } from "../store.ts";
import { MatchDriver, type MatchOptions } from "./driver.ts";
import { Human } from "./human.ts";
import { PLAYER_NAMES, YOU } from "./players.ts";
import type { MatchRecord } from "./record.ts";
import { Replay } from "./replay.ts";
import { Scene } from "./scene.ts";

interface Common {
  scene: Scene;
  names: Pair<string>;
}

export interface ShownMatch extends Common {
  kind: "match";
  controlled: MatchDriver;
  // Whoever has the left paddle, if it is you.
  human: Human | undefined;
}

export interface ShownReplay extends Common {
  kind: "replay";
  controlled: Replay;
  file: string;
}

export type Shown = ShownMatch | ShownReplay;

export const shown = new Store<Shown | undefined>(undefined);

// About as fast as people play, and as they watch.
const HUMAN_SPEED = 6;
const WATCHING_SPEED = 20;

export async function showMatch(options: MatchOptions): Promise<void> {
  const { players, rows } = options;
  const human = players.left === YOU ? new Human() : undefined;
  const names = { left: PLAYER_NAMES[players.left], right: PLAYER_NAMES[players.right] };
  const scene = new Scene(names, rows);
  const speed = human ? HUMAN_SPEED : WATCHING_SPEED;
  const driver = await MatchDriver.create(options, speed, (played) => scene.show(played));
  driver.wantedCell = (side) => {
    const { match } = driver;
    return human!.wantedCell(Math.floor(match.paddles[side] * match.rows), match.rows);
  };
  shown.set({ kind: "match", controlled: driver, scene, names, human });
  addEventListener("beforeunload", askFirst);
  void driver.run();
}

export function showReplay(record: MatchRecord, file: string): void {
  const names = { left: "Left player", right: "Right player" };
  const scene = new Scene(names, record.rows);
  const replay = new Replay(record, WATCHING_SPEED, scene);
  shown.set({ kind: "replay", controlled: replay, scene, names, file });
  void replay.run();
}

// Ends a match, and its session with it, or closes a record.
export async function close(): Promise<void> {
  const { value } = shown;
  if (value?.kind === "match") await value.controlled.end();
  else value?.controlled.leave();
  shown.set(undefined);
  removeEventListener("beforeunload", askFirst);
}

// Whoever closes the page, or loads it again, loses the match.
function askFirst(event: BeforeUnloadEvent): void {
  const { value } = shown;
  const over = value?.kind !== "match" || value.controlled.state.value.kind === "over";
  if (!over) event.preventDefault();
}

// Nobody looks: a match that you play waits for you.
export function lookAway(): void {
  const { value } = shown;
  if (value?.kind === "match" && value.human) value.controlled.pause();
}
