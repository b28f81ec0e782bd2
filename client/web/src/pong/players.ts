// Who can play: the networks of the server, and you.
import { PLAYER_KINDS, type PlayerKind } from "../../../node/src/rules.ts";

export const YOU = "you";
export type Player = PlayerKind | typeof YOU;

export const PLAYERS: readonly Player[] = [...PLAYER_KINDS, YOU];

export const PLAYER_NAMES: Record<Player, string> = {
  r: "R-STDP",
  rn: "R-STDP with noise",
  d: "Dopamine",
  dn: "Dopamine with noise",
  you: "You",
};

export const isNetwork = (player: Player): player is PlayerKind => player !== YOU;

// The spikes of a player who is no network: one, of the neuron for the cell to which
// they want their paddle to go. So the rules are the same for all.
export function onlySpike(cell: number, rows: number): number[] {
  const counts = new Array<number>(rows).fill(0);
  counts[Math.min(Math.max(cell, 0), rows - 1)] = 1;
  return counts;
}

// What a match is called.
export const matchTitle = ({ left, right }: { left: Player; right: Player }): string =>
  `${PLAYER_NAMES[left]} against ${PLAYER_NAMES[right]}`;
