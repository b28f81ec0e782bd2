// The models of the server, by what they are for.
import { catalog } from "../api/client.ts";
import { type Model, ModelKind } from "../generated/spiked/v1/catalog_service_pb.ts";

export class Catalogue {
  readonly #models: Model[];

  constructor(models: Model[]) {
    this.#models = models;
  }

  static async load(): Promise<Catalogue> {
    const { models } = await catalog.listModels({});
    return new Catalogue(models);
  }

  model(name: string): Model | undefined {
    return this.#models.find((one) => one.name === name);
  }

  // Names of what a population may be made of.
  get populationModels(): string[] {
    return this.#names((kind) => kind !== ModelKind.SYNAPSE);
  }

  get synapseModels(): string[] {
    return this.#names((kind) => kind === ModelKind.SYNAPSE);
  }

  #names(wanted: (kind: ModelKind) => boolean): string[] {
    return this.#models.filter(({ kind }) => wanted(kind)).map(({ name }) => name);
  }
}
