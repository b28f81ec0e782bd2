// Pong: two players on the server, or you against one of them, or a record.
import { useEffect, useRef, useState } from "preact/hooks";

import type { Pair } from "../../../node/src/rules.ts";
import { hrefOf } from "../shell/route.ts";
import { idOf } from "../sessions/names.ts";
import { useAction } from "../ui/action.ts";
import { download } from "../ui/download.ts";
import { MatchDriver, type MatchOptions } from "./driver.ts";
import { Human } from "./human.ts";
import { MatchView } from "./match_view.tsx";
import { matchTitle, PLAYER_NAMES, YOU } from "./players.ts";
import { parseRecord } from "./record.ts";
import { RecordDrop } from "./record_drop.tsx";
import { Replay } from "./replay.ts";
import { Scene } from "./scene.ts";
import { SetupForm } from "./setup_form.tsx";

// About as fast as people play, and as they watch.
const HUMAN_SPEED = 6;
const WATCHING_SPEED = 20;

type Shown =
  | { kind: "match"; driver: MatchDriver; scene: Scene; human: Human | undefined; names: Pair<string> }
  | { kind: "replay"; replay: Replay; scene: Scene; names: Pair<string>; file: string };

export function PongView() {
  const [shown, setShown] = useState<Shown>();
  const action = useAction();
  const current = useRef<Shown>();
  current.current = shown;
  useEffect(() => () => void leave(current.current), []);

  const start = async (options: MatchOptions) => {
    const { players } = options;
    const human = players.left === YOU ? new Human() : undefined;
    const names = { left: PLAYER_NAMES[players.left], right: PLAYER_NAMES[players.right] };
    const scene = new Scene(names, options.rows);
    await action.run(async () => {
      const speed = human ? HUMAN_SPEED : WATCHING_SPEED;
      const driver = await MatchDriver.create(options, speed, (played) => scene.show(played));
      driver.wantedCell = (side) => {
        const { match } = driver;
        const cell = Math.floor(match.paddles[side] * match.rows);
        return human!.wantedCell(cell, match.rows);
      };
      setShown({ kind: "match", driver, scene, human, names });
      void driver.run();
    });
  };
  const replay = async (file: File) => {
    await action.run(async () => {
      const record = parseRecord(await file.text());
      await leave(shown);
      const names = { left: "Left player", right: "Right player" };
      const scene = new Scene(names, record.rows);
      const replaying = new Replay(record, WATCHING_SPEED, (played) => scene.show(played));
      setShown({ kind: "replay", replay: replaying, scene, names, file: file.name });
      void replaying.run();
    });
  };
  const end = async () => {
    await leave(shown);
    setShown(undefined);
  };

  return (
    <main>
      <div class="title">
        <h1 tabIndex={-1}>Pong</h1>
        <p>{titleOf(shown)}</p>
      </div>
      {!shown && (
        <>
          <p>
            Two spiking networks play pong on the server and learn from how well they do. Let them play each
            other, or take the left paddle yourself.
          </p>
          <SetupForm action={action} onStart={(options) => void start(options)} />
          <RecordDrop onFile={(file) => void replay(file)} />
        </>
      )}
      {shown && (
        <MatchView
          scene={shown.scene}
          controlled={shown.kind === "match" ? shown.driver : shown.replay}
          names={shown.names}
          firstSpeed={shown.kind === "match" && shown.human ? HUMAN_SPEED : WATCHING_SPEED}
          human={shown.kind === "match" ? shown.human : undefined}
        >
          <button type="button" onClick={() => void end()}>
            {shown.kind === "match" ? "End" : "Close"}
          </button>
          {shown.kind === "match" && (
            <>
              <button
                type="button"
                onClick={() => download("match.jsonl", "application/jsonl", shown.driver.record)}
              >
                Save record
              </button>
              <a href={hrefOf({ view: "session", id: idOf(shown.driver.session) })} target="_blank" rel="noopener">
                Watch the session
              </a>
            </>
          )}
        </MatchView>
      )}
    </main>
  );
}

async function leave(shown: Shown | undefined): Promise<void> {
  if (shown?.kind === "match") await shown.driver.end();
  else shown?.replay.leave();
}

function titleOf(shown: Shown | undefined): string {
  if (!shown) return "";
  return shown.kind === "match" ? matchTitle(shown.driver.options.players) : `Record ${shown.file}`;
}
