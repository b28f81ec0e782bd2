#include "server/access/account.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace spiked::access {
namespace {

constexpr std::array<absl::string_view, 3> kRoles = {"viewer", "user", "admin"};

}  // namespace

absl::string_view RoleName(Role role) { return kRoles[static_cast<size_t>(role)]; }

std::optional<Role> RoleOf(absl::string_view name) {
  const auto found = std::ranges::find(kRoles, name);
  if (found == kRoles.end()) return std::nullopt;
  return static_cast<Role>(found - kRoles.begin());
}

std::optional<uint64_t>* FindQuota(Quotas& quotas, absl::string_view name) {
  for (const NamedQuota& quota : kQuotas) {
    if (quota.name == name) return &(quotas.*quota.value);
  }
  return nullptr;
}

bool IsAccountName(absl::string_view name) {
  constexpr absl::string_view kOthers = "_-.@";
  return !name.empty() && name.size() <= 63 && absl::ascii_isalnum(name[0]) &&
         std::ranges::all_of(name, [&](char c) {
           return absl::ascii_isalnum(c) || kOthers.find(c) != absl::string_view::npos;
         });
}

Quotas Or(const Quotas& quotas, const Quotas& others) {
  Quotas all = quotas;
  for (const NamedQuota& quota : kQuotas) {
    if (!(all.*quota.value)) all.*quota.value = others.*quota.value;
  }
  return all;
}

}  // namespace spiked::access
