// Who is to play, and how.
import { useState } from "preact/hooks";

import type { Pair, Side } from "../../../node/src/rules.ts";
import { SIDES } from "../../../node/src/rules.ts";
import type { Action } from "../ui/action.ts";
import { SelectField, TextField } from "../ui/fields.tsx";
import { ProblemNote } from "../ui/problem.tsx";
import type { MatchOptions } from "./driver.ts";
import { type Player, PLAYER_NAMES, PLAYERS, YOU } from "./players.ts";

interface Props {
  action: Action;
  onStart(options: MatchOptions): void;
}

const MOST_ROWS = 100;

export function SetupForm({ action, onStart }: Props) {
  // Against you the right one learns within a minute.
  const [players, setPlayers] = useState<Pair<Player>>({ left: "r", right: "rn" });
  const [rows, setRows] = useState("20");
  const [seed, setSeed] = useState("1");
  const [polls, setPolls] = useState("0");
  const choose = (side: Side, player: Player) => setPlayers({ ...players, [side]: player });
  const start = (chosen: Pair<Player>) =>
    onStart({
      players: chosen,
      rows: Number(rows),
      seed: BigInt(seed.trim() || 1),
      polls: Number(polls),
    });
  const submit = (event: Event) => {
    event.preventDefault();
    start(players);
  };
  return (
    <form class="panel" onSubmit={submit}>
      <div class="line">
        {SIDES.map((side) => (
          <SelectField
            key={side}
            label={side === "left" ? "Left player" : "Right player"}
            value={players[side]}
            onValue={(player) => choose(side, player)}
            // You have the left paddle.
            options={PLAYERS.filter((player) => player !== YOU || side === "left").map(
              (player) => [player, PLAYER_NAMES[player]] as const,
            )}
          />
        ))}
        <TextField
          label="Rows"
          type="number"
          min={2}
          max={MOST_ROWS}
          value={rows}
          onValue={setRows}
          required
          hint="and neurons a player"
        />
        <TextField
          label="Seed"
          type="number"
          min={0}
          step={1}
          value={seed}
          onValue={setSeed}
          required
        />
        <TextField
          label="Polls"
          type="number"
          min={0}
          step={1}
          value={polls}
          onValue={setPolls}
          required
          hint="0: until you end it"
        />
      </div>
      <ProblemNote problem={action.problem} />
      <div class="buttons">
        <button type="submit" class="primary" disabled={action.busy}>
          {players.left === YOU ? "Play" : "Start the match"}
        </button>
        {players.left !== YOU && (
          <button
            type="button"
            disabled={action.busy}
            onClick={() => {
              const mine: Pair<Player> = { ...players, left: YOU };
              setPlayers(mine);
              start(mine);
            }}
          >
            You against {PLAYER_NAMES[players.right]}
          </button>
        )}
      </div>
    </form>
  );
}
