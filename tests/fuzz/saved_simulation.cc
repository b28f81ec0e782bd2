// A saved simulation, whose checksum always fits: whoever sends one can compute it, too.
#include "tests/fuzz/harness.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace spiked;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  fuzz::AppendChecksum(&bytes);
  fuzz::SmallMachine machine;
  if (!machine->Restore(bytes, nullptr).ok()) return 0;
  // What could be restored can go on, and be saved and restored again.
  v1::StepRequest step;
  step.set_duration_ms(1);
  v1::StepResponse stepped;
  machine.Carry(step, &stepped);
  const std::string saved = machine.Saved();
  // But for what grows with the specification alone.
  fuzz::Require(saved.size() <= machine->memory_bytes() + size + (64 << 10),
                "what it has grown by is charged");
  fuzz::SmallMachine other;
  const absl::Status restored = other->Restore(saved, nullptr);
  fuzz::Require(restored.ok(),
                absl::StrCat("what was saved can be restored: ", restored.ToString()));
  return 0;
}
