// Who may do what with a session.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "server/session/error.h"
#include "server/session/session.h"

namespace spiked::session {

Right Session::RightOf(const access::Account& who) const {
  std::lock_guard lock(mutex_);
  return RightOf(who, shares_);
}

Right Session::RightOf(const access::Account& who,
                       const std::map<std::string, Right>& shares) const {
  if (who.role == Role::kAdmin) return Right::kOwn;
  if (who.role == Role::kViewer) return Right::kWatch;
  // Where nobody knows whose it is, it is nobody's.
  if (!options_.owner.empty() && who.name == options_.owner) return Right::kOwn;
  Right right = Right::kNone;
  for (const absl::string_view name : {absl::string_view(who.name), kEverybody}) {
    const auto share = shares.find(std::string(name));
    if (share != shares.end()) right = std::max(right, share->second);
  }
  return right;
}

bool Session::IsSharedWith(const std::string& account) const {
  std::lock_guard lock(mutex_);
  return shares_.contains(account);
}

absl::Status Session::Share(std::map<std::string, Right> shares) {
  auto before = shares;
  {
    std::lock_guard lock(mutex_);
    shares_.swap(before);
  }
  absl::Status status = WriteHeader();
  if (status.ok() && options_.durability == v1::DURABILITY_POWER) status = journal_->Sync();
  if (!status.ok()) {
    std::lock_guard lock(mutex_);
    shares_.swap(before);
    return status;
  }
  // Nobody watches on who may not any more.
  watches_.End([&](const Operation& operation) {
    return RightOf(*operation.caller.who, shares) >= Right::kWatch ? absl::OkStatus()
                                                                   : NotTheirs(name_);
  });
  return status;
}

}  // namespace spiked::session
