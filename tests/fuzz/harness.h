// What the fuzz targets share. A target is a function that libFuzzer calls with bytes
// again and again; whatever they are, it must return, and find what it requires.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/io/tokenizer.h"
#include "google/protobuf/message.h"
#include "google/protobuf/text_format.h"
#include "server/session/machine.h"
#include "tests/session/fixtures.h"

namespace spiked::fuzz {

// Ends the process, which is a finding, unless the condition holds.
inline void Require(bool condition, const std::string& what) {
  if (condition) return;
  std::fprintf(stderr, "required, and not so: %s\n", what.c_str());
  std::abort();
}

// Whether the bytes are text of that message, which then has it.
inline bool ParseText(absl::string_view text, google::protobuf::Message* message) {
  class Silent final : public google::protobuf::io::ErrorCollector {
    void AddError(int, int, const std::string&) override {}
  } silent;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&silent);
  return parser.ParseFromString(std::string(text), message);
}

// Small enough for many tries a second.
inline session::Limits SmallLimits() {
  session::Limits limits;
  limits.max_neurons = 2'000;
  limits.max_synapses = 20'000;
  limits.max_memory_bytes = 64 << 20;
  limits.max_step_ms = 100;
  return limits;
}

// Ends a command that goes on for long, as a deadline would, but at the same place
// every time.
class SoonOver final : public session::NoStop {
 public:
  v1::HaltReason reason() override {
    return ++asked_ > kMost ? v1::HALT_REASON_DEADLINE : v1::HALT_REASON_UNSPECIFIED;
  }
  bool interrupts() override { return reason() != v1::HALT_REASON_UNSPECIFIED; }

 private:
  static constexpr int kMost = 300;
  int asked_ = 0;
};

// A machine with limits and a budget of its own.
class SmallMachine {
 public:
  SmallMachine() : machine_("fuzz", 0.1, 7, SmallLimits(), &budget_) {}

  session::Machine& operator*() { return machine_; }
  session::Machine* operator->() { return &machine_; }

  // Carries a command out, and checks what holds of every one: one that fails has changed
  // nothing and says why. Whether it has not failed.
  bool Carry(const google::protobuf::Message& request, google::protobuf::Message* reply);

  // All that it is.
  std::string Saved() const;

 private:
  session::MemoryBudget budget_{SmallLimits().max_memory_bytes};
  session::Machine machine_;
};

inline std::string SmallMachine::Saved() const {
  std::string bytes;
  machine_.simulation().Save([&](absl::string_view part) { absl::StrAppend(&bytes, part); });
  return bytes;
}

inline bool SmallMachine::Carry(const google::protobuf::Message& request,
                                google::protobuf::Message* reply) {
  const session::Command* command = nullptr;
  for (const session::Command& one : session::Commands()) {
    if (one.method->input_type() == request.GetDescriptor()) command = &one;
  }
  const std::string before = Saved();
  const uint64_t taken = machine_.memory_bytes();
  SoonOver stop;
  absl::Status status;
  Require(machine_.Execute(*command, request, stop, reply, &status), "nothing pauses it");
  if (status.ok()) return true;
  Require(!status.message().empty(), "an error says why");
  Require(status.code() != absl::StatusCode::kInternal, std::string(status.message()));
  // A simulation that has left the finite numbers cannot go on, and says so.
  if (absl::IsOutOfRange(status)) return false;
  Require(!machine_.failed(), "what fails leaves the machine well");
  Require(Saved() == before, "what fails changes nothing");
  // But for room that the next one uses.
  Require(machine_.memory_bytes() <= taken + 4096, "what fails leaves no memory behind");
  return false;
}

// The checksum that saved simulations and sessions end with.
inline void AppendChecksum(std::string* bytes) {
  const auto sum = static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes->data()), bytes->size()));
  for (int k = 0; k < 4; ++k) bytes->push_back(static_cast<char>(sum >> 8 * k));
}

}  // namespace spiked::fuzz
