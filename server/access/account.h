// An account: a user, what they may do and take, and what they show of themselves.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace spiked::access {

// What a user may do, each with what those before it may: a viewer reads all
// sessions and changes none, a user has sessions of their own, an admin has all.
enum class Role { kViewer, kUser, kAdmin };

// `viewer`, `user`, `admin`.
absl::string_view RoleName(Role role);
std::optional<Role> RoleOf(absl::string_view name);

// What a user may take at most; where nothing is said, as much as the server allows.
struct Quotas {
  std::optional<uint64_t> sessions;          // at a time
  std::optional<uint64_t> neurons;           // with relays and devices, in one session; 0: no limit
  std::optional<uint64_t> synapses;          // in one session; 0: no limit
  std::optional<uint64_t> memory_bytes;      // of all their sessions
  std::optional<uint64_t> streams;           // open at a time
  std::optional<uint64_t> step_ms;           // biological time of one step
  std::optional<uint64_t> commands = {};     // under way or waiting, in all sessions
  std::optional<uint64_t> connections = {};  // from which there are calls at a time
  std::optional<uint64_t> request_bytes = {};  // of one message
  std::optional<uint64_t> labels = {};         // of one session
  std::optional<uint64_t> text_bytes = {};     // of a display name, a label's key or its value
  std::optional<uint64_t> stored_bytes = {};   // of all their sessions
  std::optional<uint64_t> recorded_spikes =
      {};  // that the record of a population keeps; 0: no limit
};

// With those of `others` where nothing is said.
Quotas Or(const Quotas& quotas, const Quotas& others);

// The quotas by the names that files, messages and errors call them.
struct NamedQuota {
  const char* name;
  std::optional<uint64_t> Quotas::*value;
};
inline constexpr std::array<NamedQuota, 13> kQuotas = {{
    {"sessions", &Quotas::sessions},
    {"neurons", &Quotas::neurons},
    {"synapses", &Quotas::synapses},
    {"memory_bytes", &Quotas::memory_bytes},
    {"streams", &Quotas::streams},
    {"step_ms", &Quotas::step_ms},
    {"commands", &Quotas::commands},
    {"connections", &Quotas::connections},
    {"request_bytes", &Quotas::request_bytes},
    {"labels", &Quotas::labels},
    {"text_bytes", &Quotas::text_bytes},
    {"stored_bytes", &Quotas::stored_bytes},
    {"recorded_spikes", &Quotas::recorded_spikes},
}};

// The quota of that name in it; null if there is none.
std::optional<uint64_t>* FindQuota(Quotas& quotas, absl::string_view name);

// What is kept of a token: enough to know it again, not enough to make it.
struct Token {
  std::string id;
  std::string hash;  // see token.h
  absl::Time create_time;
  absl::Time expire_time = absl::InfiniteFuture();
  std::string note = {};  // for people
};

struct Account {
  std::string name;
  Role role = Role::kUser;
  double weight = 1;  // of their share in the cores
  Quotas quotas = {};
  std::vector<Token> tokens = {};
};

inline constexpr double kMinWeight = 0.01, kMaxWeight = 100;
inline constexpr size_t kMaxNoteBytes = 256;
inline constexpr size_t kMaxTokens = 100;  // of an account

// Whether a name suits an account: a letter or digit, then up to 62 letters,
// digits, `_`, `-`, `.` or `@`.
bool IsAccountName(absl::string_view name);

// By name. Accounts that have not changed are shared between versions.
using Accounts = absl::btree_map<std::string, std::shared_ptr<const Account>>;

}  // namespace spiked::access
