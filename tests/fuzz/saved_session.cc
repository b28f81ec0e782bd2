// A saved session, as RestoreSession takes it: with checksums that fit, it is opened, asked
// for what it is, and stepped.
#include <chrono>
#include <thread>

#include "server/session/saved.h"
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spiked;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  fuzz::AppendChecksum(&bytes);
  const auto read = session::ReadSaved(bytes);
  if (!read.ok()) return 0;
  // The checksum of the simulation within.
  const size_t begin = bytes.size() - 4 - read->simulation.size();
  std::string simulation = bytes.substr(begin, read->simulation.size());
  simulation.resize(simulation.size() - std::min<size_t>(4, simulation.size()));
  fuzz::AppendChecksum(&simulation);
  bytes = bytes.substr(0, begin) + simulation;
  fuzz::AppendChecksum(&bytes);

  static session::Registry& registry = *new session::Registry(fuzz::SmallLimits(), 1);
  const session::Caller caller = session::CallerOf(registry);
  session::ChargedBytes saved(registry.memory());
  if (!saved.Append(bytes).ok()) return 0;
  v1::RestoreSessionRequest restore;
  v1::Session restored;
  if (!registry.CreateFrom(restore, std::move(saved), caller, &restored).ok()) return 0;
  {
    const auto session = registry.Find(restored.name());
    fuzz::Require(session.ok(), "what was restored is there");
    v1::StepRequest step;
    step.set_session(restored.name());
    step.set_duration_ms(1);
    v1::StepResponse stepped;
    session::Carry(*session, step, caller, &stepped).IgnoreError();
    v1::GetSessionRequest get;
    get.set_session(restored.name());
    v1::GetSessionResponse got;
    fuzz::Require(registry.Get(*session, get, &got).ok(), "it is described");
    v1::DeleteSessionRequest remove;
    remove.set_session(restored.name());
    v1::DeleteSessionResponse removed;
    fuzz::Require(registry.Delete(*session, remove, caller, &removed).ok(), "it is deleted");
  }
  // The thread that has stepped it may be the last to let go of it.
  for (int k = 0; k < 10'000 && registry.memory()->taken() > 0; ++k) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  fuzz::Require(registry.memory()->taken() == 0, "nothing is left of it");
  return 0;
}
