// All models: one line for each file of this folder, by kind and name.
#pragma once

#include "server/engine/model.h"

namespace spiked::engine::models {

ModelInfo IafPscAlpha();
ModelInfo IafPscDelta();
ModelInfo IafPscExp();
ModelInfo Mirror();
ModelInfo ParrotNeuron();
ModelInfo DcGenerator();
ModelInfo NoiseGenerator();
ModelInfo PoissonGenerator();
ModelInfo SpikeGenerator();
ModelInfo StepCurrentGenerator();
ModelInfo VolumeTransmitter();
ModelInfo RstdpSynapse();
ModelInfo StaticSynapse();
ModelInfo StdpDopamineSynapse();
ModelInfo StdpSynapse();
ModelInfo Tsodyks2Synapse();

inline constexpr ModelInfo (*kAll[])() = {
    IafPscAlpha,    IafPscDelta,          IafPscExp,         Mirror,
    ParrotNeuron,   DcGenerator,          NoiseGenerator,    PoissonGenerator,
    SpikeGenerator, StepCurrentGenerator, VolumeTransmitter, RstdpSynapse,
    StaticSynapse,  StdpDopamineSynapse,  StdpSynapse,       Tsodyks2Synapse,
};

}  // namespace spiked::engine::models
