#include "server/engine/instruction_set.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "hwy/highway.h"
#include "server/engine/error.h"

namespace spiked::engine {
namespace {

// Highway gives better targets lower bits.
std::vector<int64_t> Targets() {
  std::vector<int64_t> targets;
  hwy::SetSupportedTargetsForTest(0);  // forget an earlier choice
  uint64_t left = static_cast<uint64_t>(hwy::SupportedTargets() & HWY_TARGETS);
  for (; left != 0; left &= left - 1) targets.push_back(static_cast<int64_t>(left & -left));
  return targets;
}

std::string NameOf(int64_t target) { return absl::AsciiStrToLower(hwy::TargetName(target)); }

// -1 as long as nothing was chosen.
int64_t chosen = -1;

}  // namespace

std::vector<std::string> InstructionSets() {
  std::vector<std::string> names;
  for (const int64_t target : Targets()) names.push_back(NameOf(target));
  if (chosen != -1) hwy::SetSupportedTargetsForTest(chosen);
  return names;
}

std::string InstructionSet() { return chosen == -1 ? InstructionSets().front() : NameOf(chosen); }

absl::Status UseInstructionSet(absl::string_view name) {
  for (const int64_t target : Targets()) {
    if (NameOf(target) != name) continue;
    chosen = target;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(target);
    return absl::OkStatus();
  }
  const std::string have = absl::StrJoin(InstructionSets(), ", ");
  return InvalidField("instruction_set",
                      absl::StrCat("'", name, "' is not among this machine's: ", have));
}

}  // namespace spiked::engine
