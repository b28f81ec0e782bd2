// A network by a specification: checked, built, and let run for a little.
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spiked;
  v1::CreateNetworkRequest request;
  if (!fuzz::ParseText({reinterpret_cast<const char*>(data), size}, &request)) return 0;
  fuzz::SmallMachine machine;
  v1::CreateNetworkResponse created;
  if (!machine.Carry(request, &created) || request.validate_only()) return 0;
  fuzz::Require(machine->NetworkNames().size() == 1, "there is a network");
  const auto limits = fuzz::SmallLimits();
  fuzz::Require(machine->size().synapses <= limits.max_synapses, "limits hold");

  v1::StepRequest step;
  step.set_duration_ms(2);
  v1::StepResponse stepped;
  machine.Carry(step, &stepped);
  // What has been built can be saved, and is the same again.
  const std::string saved = machine.Saved();
  fuzz::SmallMachine other;
  fuzz::Require(other->Restore(saved, nullptr).ok(), "what was saved can be restored");
  fuzz::Require(other.Saved() == saved, "what was restored is the same");
  return 0;
}
