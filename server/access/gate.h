// Tells who a caller is.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/access/account.h"
#include "server/access/private_file.h"
#include "server/access/token.h"

namespace spiked::access {

// Who somebody is, as far as the accounts knew when they were asked.
struct Identity {
  std::shared_ptr<const Account> account;
  uint64_t version = 0;  // of the accounts
  absl::Time expire_time = absl::InfiniteFuture();
};

// A token that has just been made.
struct CreatedToken {
  std::string text;
  Token description;
};

// The error of a caller whom nobody knows.
absl::Status Unauthenticated(absl::string_view reason, absl::string_view message);

struct GateOptions {
  std::string accounts_file = {};                    // empty: there are no accounts but the owner's
  std::string owner_token = {};                      // empty: there is none
  absl::Duration check_interval = absl::Seconds(1);  // how often the file is looked at
};

// Thread-safe. Holds the accounts of a file, and follows it when it changes; one that
// cannot be read, or is damaged, changes nothing, and the log tells.
class Gate {
 public:
  // FAILED_PRECONDITION, with a message for the user, if there is a file that cannot be
  // used; there need be none.
  static absl::StatusOr<std::unique_ptr<Gate>> Open(const GateOptions& options);
  ~Gate();
  Gate(const Gate&) = delete;

  // Whoever has started the server: an admin.
  Identity Owner() const;
  // UNAUTHENTICATED, reason TOKEN_UNKNOWN or TOKEN_EXPIRED.
  absl::StatusOr<Identity> ByToken(absl::string_view token) const;
  // Of the account that is called so. UNAUTHENTICATED, reason CERTIFICATE_UNKNOWN.
  absl::StatusOr<Identity> ByCertificate(absl::string_view common_name) const;
  // The account of that name; one without rights of its own where there is none any more.
  Account AccountOf(absl::string_view name) const;
  // Whether there is an account of that name, the owner's included.
  bool Knows(absl::string_view name) const;
  // Whether asking again would tell the same. Cheap.
  bool Holds(const Identity& identity) const;

  // Without the owner.
  Accounts accounts() const;
  bool has_accounts() const { return !book()->accounts.empty(); }

  // Reads the file again.
  absl::Status Reload();

  // Changes, which are in the file when they return. FAILED_PRECONDITION (reason
  // ACCOUNTS_FILE_UNUSABLE) if they cannot be; then nothing has
  // changed.
  //
  // A new account, or another role, weight and quotas of one that exists. INVALID_ARGUMENT
  // (fields `account`, `weight`).
  absl::Status Put(const Account& account);
  // NOT_FOUND (field `account`).
  absl::Status Delete(const std::string& account);
  // INVALID_ARGUMENT (field `note`), NOT_FOUND (field `account`), RESOURCE_EXHAUSTED.
  absl::StatusOr<CreatedToken> CreateToken(const std::string& account, absl::Time expire_time,
                                           const std::string& note);
  // NOT_FOUND (field `token`).
  absl::Status RevokeToken(const std::string& id);

 private:
  // The accounts, with what is found in them.
  struct Book {
    Accounts accounts;
    absl::flat_hash_map<std::string, std::pair<std::shared_ptr<const Account>, const Token*>>
        tokens;  // by id
    uint64_t version = 0;
  };

  explicit Gate(const GateOptions& options);

  std::shared_ptr<const Book> book() const;
  void Install(Accounts accounts);
  absl::StatusOr<Accounts> Read() const;
  absl::Status Change(const std::function<absl::Status(Accounts&)>& change);
  void Watch();

  const std::string file_;
  const std::string owner_hash_;
  const std::shared_ptr<const Account> owner_;
  const absl::Duration check_interval_;

  std::mutex change_mutex_;  // one change at a time; before the other
  FileWatch watch_;

  mutable std::mutex mutex_;
  std::shared_ptr<const Book> book_;
  std::atomic<uint64_t> version_{0};
  bool closing_ = false;
  std::condition_variable closes_;
  std::thread watcher_;
};

}  // namespace spiked::access
