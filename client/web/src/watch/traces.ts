// What multimeters record, as it is drawn: a variable of some neurons over time.
import type { Catalogue } from "../networks/catalogue.ts";
import { neuronAt } from "../networks/selection.ts";
import type { NetworkSpecification } from "../generated/spiked/v1/network_pb.ts";

export interface Traced {
  // `network/multimeter`.
  multimeter: string;
  variable: string;
  // The variable with its unit, if it has one that is known: `V_m, mV`.
  text: string;
  // Which neuron of its population the one at this place of the record is.
  neuronAt(place: number): number;
}

// Each variable of each multimeter. Without a catalogue units are not known.
export function traced(
  specifications: (readonly [string, NetworkSpecification])[],
  catalogue: Catalogue | undefined,
): Traced[] {
  return specifications.flatMap(([network, { populations, multimeters }]) =>
    multimeters.flatMap(({ name, population, variables, neurons }) => {
      const model = populations.find((one) => one.name === population)?.model ?? "";
      const recordables = catalogue?.model(model)?.recordables ?? [];
      return variables.map((variable) => {
        const unit = recordables.find((one) => one.name === variable)?.unit;
        return {
          multimeter: `${network}/${name}`,
          variable,
          text: unit ? `${variable}, ${unit}` : variable,
          neuronAt: (place: number) => (neurons ? neuronAt(neurons, place) : place),
        };
      });
    }),
  );
}

export const keyOf = ({ multimeter, variable }: Traced): string => `${multimeter} ${variable}`;
