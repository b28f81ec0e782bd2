// A step with inputs, rewards and readouts, of a session with a bit of everything.
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spiked;
  v1::StepRequest request;
  if (!fuzz::ParseText({reinterpret_cast<const char*>(data), size}, &request)) return 0;
  static const std::string& session = *new std::string([] {
    fuzz::SmallMachine machine;
    v1::CreateNetworkResponse created;
    fuzz::Require(machine.Carry(session::SmallNetwork(), &created), "the network is built");
    v1::StepResponse stepped;
    fuzz::Require(machine.Carry(session::FullStep(), &stepped), "it makes a step");
    return machine.Saved();
  }());
  fuzz::SmallMachine machine;
  fuzz::Require(machine->Restore(session, nullptr).ok(), "the session is restored");
  const double before_ms = machine->simulation().now_ms();
  v1::StepResponse response;
  if (!machine.Carry(request, &response)) return 0;
  const double passed_ms = machine->simulation().now_ms() - before_ms;
  fuzz::Require(passed_ms >= 0 && passed_ms <= fuzz::SmallLimits().max_step_ms, "time is bounded");
  fuzz::Require(response.ByteSizeLong() <= session::kMaxReplyBytes, "the answer is bounded");
  return 0;
}
