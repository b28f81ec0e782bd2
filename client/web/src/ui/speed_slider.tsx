// How fast biological time passes, on a scale that spans slow motion and full speed.
import { Slider } from "./fields.tsx";
import { speedText } from "./format.ts";

// Positions of the slider; the last is as fast as it goes.
const SPEEDS = [0.2, 0.5, 1, 2, 4, 6, 10, 20, 50, 100, 200, Infinity];

export interface SpeedSliderProps {
  speed: number;
  onSpeed(speed: number): void;
}

export function SpeedSlider({ speed, onSpeed }: SpeedSliderProps) {
  return (
    <Slider
      label="Speed"
      min={0}
      max={SPEEDS.length - 1}
      value={SPEEDS.indexOf(speed)}
      text={speed === Infinity ? "as fast as it goes" : `${speedText(speed)} real time`}
      onValue={(place) => onSpeed(SPEEDS[place]!)}
    />
  );
}
