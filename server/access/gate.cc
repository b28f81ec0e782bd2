#include "server/access/gate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "server/access/account_file.h"
#include "server/engine/error.h"
#include "spdlog/spdlog.h"

namespace spiked::access {
absl::Status Unauthenticated(absl::string_view reason, absl::string_view message) {
  return engine::ReasonError(absl::StatusCode::kUnauthenticated, reason, message);
}

namespace {

absl::Status Unusable(absl::string_view why) {
  return engine::ReasonError(absl::StatusCode::kFailedPrecondition, "ACCOUNTS_FILE_UNUSABLE", why);
}

absl::Status NoSuchAccount(const std::string& name) {
  return engine::NotFound("account", absl::StrCat("there is no account '", name, "'"));
}

std::shared_ptr<const Account> MakeOwner() {
  return std::make_shared<const Account>(
      Account{.name = std::string(kOwner), .role = Role::kAdmin});
}

}  // namespace

absl::StatusOr<std::unique_ptr<Gate>> Gate::Open(const GateOptions& options) {
  std::unique_ptr<Gate> gate(new Gate(options));
  if (gate->file_.empty()) return gate;
  auto accounts = gate->Read();
  if (accounts.ok()) {
    gate->Install(*std::move(accounts));
  } else if (!absl::IsNotFound(accounts.status())) {
    return absl::FailedPreconditionError(accounts.status().message());
  }
  gate->watcher_ = std::thread([raw = gate.get()] { raw->Watch(); });
  return gate;
}

Gate::Gate(const GateOptions& options)
    : file_(options.accounts_file),
      owner_hash_(options.owner_token.empty() ? "" : HashOf(options.owner_token)),
      owner_(MakeOwner()),
      check_interval_(options.check_interval),
      watch_(options.accounts_file),
      book_(std::make_shared<const Book>()) {}

Gate::~Gate() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
  }
  closes_.notify_all();
  if (watcher_.joinable()) watcher_.join();
}

std::shared_ptr<const Gate::Book> Gate::book() const {
  std::lock_guard lock(mutex_);
  return book_;
}

Accounts Gate::accounts() const { return book()->accounts; }

Identity Gate::Owner() const {
  return {.account = owner_, .version = version_.load(std::memory_order_acquire)};
}

Account Gate::AccountOf(absl::string_view name) const {
  if (name == kOwner) return *owner_;
  const auto book = this->book();
  const auto found = book->accounts.find(name);
  return found == book->accounts.end() ? Account{.name = std::string(name)} : *found->second;
}

bool Gate::Knows(absl::string_view name) const {
  return name == kOwner || book()->accounts.contains(name);
}

absl::StatusOr<Identity> Gate::ByToken(absl::string_view token) const {
  const std::string hash = HashOf(token);
  if (!owner_hash_.empty() && SameHash(hash, owner_hash_)) return Owner();
  const auto book = this->book();
  const auto id = TokenIdOf(token);
  const auto found = id ? book->tokens.find(*id) : book->tokens.end();
  if (found == book->tokens.end() || !SameHash(hash, found->second.second->hash)) {
    return Unauthenticated("TOKEN_UNKNOWN",
                           "the server does not know this token, or it has been revoked");
  }
  const auto& [account, entry] = found->second;
  if (entry->expire_time <= absl::Now()) {
    return Unauthenticated(
        "TOKEN_EXPIRED", absl::StrCat("this token expired on ",
                                      absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", entry->expire_time,
                                                       absl::UTCTimeZone())));
  }
  return Identity{.account = account, .version = book->version, .expire_time = entry->expire_time};
}

absl::StatusOr<Identity> Gate::ByCertificate(absl::string_view common_name) const {
  const auto book = this->book();
  const auto found = book->accounts.find(common_name);
  if (found == book->accounts.end()) {
    return Unauthenticated("CERTIFICATE_UNKNOWN",
                           "there is no account that is called as the client's certificate is");
  }
  return Identity{.account = found->second, .version = book->version};
}

bool Gate::Holds(const Identity& identity) const {
  return identity.version == version_.load(std::memory_order_acquire) &&
         (identity.expire_time == absl::InfiniteFuture() || absl::Now() < identity.expire_time);
}

void Gate::Install(Accounts accounts) {
  auto book = std::make_shared<Book>();
  book->accounts = std::move(accounts);
  for (const auto& [name, account] : book->accounts) {
    for (const Token& token : account->tokens) {
      book->tokens.emplace(token.id, std::make_pair(account, &token));
    }
  }
  std::lock_guard lock(mutex_);
  book->version = book_->version + 1;
  version_.store(book->version, std::memory_order_release);
  book_ = std::move(book);
}

absl::StatusOr<Accounts> Gate::Read() const {
  const auto text = ReadPrivateFile(file_, Readers::kAll);
  if (!text.ok()) return text.status();
  auto accounts = ParseAccounts(*text);
  if (accounts.ok()) return accounts;
  return absl::FailedPreconditionError(
      absl::StrCat(file_, " is damaged: ", accounts.status().message()));
}

absl::Status Gate::Reload() {
  if (file_.empty()) return absl::OkStatus();
  std::lock_guard lock(change_mutex_);
  watch_.Changed();  // what it is from here on will be seen again
  auto accounts = Read();
  if (!accounts.ok()) {
    // Those who have rewritten it may have taken it away for a moment.
    spdlog::error("accounts stay as they were: {}", std::string(accounts.status().message()));
    return accounts.status();
  }
  spdlog::info("accounts read anew: {}", accounts->size());
  Install(*std::move(accounts));
  return absl::OkStatus();
}

absl::Status Gate::Change(const std::function<absl::Status(Accounts&)>& change) {
  if (file_.empty()) {
    return Unusable("the server has no file to keep accounts in; --accounts FILE gives it one");
  }
  std::lock_guard lock(change_mutex_);
  const std::string folder = FolderOf(file_);
  auto accounts = Read();
  if (absl::IsNotFound(accounts.status())) {
    if (absl::Status made = MakePrivateFolder(folder); !made.ok()) return Unusable(made.message());
    accounts = book()->accounts;
  }
  // What others may have written since.
  const FolderLock folder_lock(folder);
  if (auto again = Read(); !absl::IsNotFound(again.status())) accounts = std::move(again);
  if (!accounts.ok()) return Unusable(accounts.status().message());
  if (absl::Status status = change(*accounts); !status.ok()) return status;
  if (absl::Status written = WritePrivateFile(file_, ToText(*accounts)); !written.ok()) {
    return Unusable(written.message());
  }
  watch_.Changed();
  Install(*std::move(accounts));
  return absl::OkStatus();
}

absl::Status Gate::Put(const Account& account) {
  if (!IsAccountName(account.name)) {
    return engine::InvalidField(
        "account", "must be a letter or digit and up to 62 letters, digits, '_', '-', '.' or '@'");
  }
  if (account.name == kOwner) {
    return engine::InvalidField("account",
                                "is the account of whoever has started the server, and stays");
  }
  // Written so that NaN is refused, too.
  if (!(account.weight >= kMinWeight && account.weight <= kMaxWeight)) {
    return engine::InvalidField("weight",
                                absl::StrCat("must be from ", kMinWeight, " to ", kMaxWeight));
  }
  return Change([&account](Accounts& accounts) {
    Account changed = account;
    auto& place = accounts[account.name];
    changed.tokens = place == nullptr ? std::vector<Token>() : place->tokens;
    place = std::make_shared<const Account>(std::move(changed));
    return absl::OkStatus();
  });
}

absl::Status Gate::Delete(const std::string& account) {
  return Change([&account](Accounts& accounts) {
    return accounts.erase(account) == 1 ? absl::OkStatus() : NoSuchAccount(account);
  });
}

absl::StatusOr<CreatedToken> Gate::CreateToken(const std::string& account, absl::Time expire_time,
                                               const std::string& note) {
  if (note.size() > kMaxNoteBytes) {
    return engine::InvalidField(
        "note", absl::StrCat("must be at most ", kMaxNoteBytes, " bytes, not ", note.size()));
  }
  const NewToken drawn = DrawToken();
  const Token token{.id = drawn.id,
                    .hash = HashOf(drawn.text),
                    // As the file keeps it.
                    .create_time = absl::FromUnixSeconds(absl::ToUnixSeconds(absl::Now())),
                    .expire_time = expire_time,
                    .note = note};
  const absl::Status status = Change([&](Accounts& accounts) {
    const auto found = accounts.find(account);
    if (found == accounts.end()) return NoSuchAccount(account);
    Account changed = *found->second;
    if (changed.tokens.size() >= kMaxTokens) {
      return engine::ReasonError(
          absl::StatusCode::kResourceExhausted, "QUOTA_EXCEEDED",
          absl::StrCat("an account has at most ", kMaxTokens, " tokens; revoke some"));
    }
    changed.tokens.push_back(token);
    found->second = std::make_shared<const Account>(std::move(changed));
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return CreatedToken{.text = drawn.text, .description = token};
}

absl::Status Gate::RevokeToken(const std::string& id) {
  return Change([&id](Accounts& accounts) {
    for (auto& [name, account] : accounts) {
      Account changed = *account;
      if (std::erase_if(changed.tokens, [&](const Token& token) { return token.id == id; }) == 0) {
        continue;
      }
      account = std::make_shared<const Account>(std::move(changed));
      return absl::OkStatus();
    }
    return engine::NotFound("token", absl::StrCat("there is no token '", id, "'"));
  });
}

void Gate::Watch() {
  std::unique_lock lock(mutex_);
  while (!closes_.wait_for(lock, absl::ToChronoMilliseconds(check_interval_),
                           [this] { return closing_; })) {
    lock.unlock();
    bool changed = false;
    {
      std::lock_guard change_lock(change_mutex_);
      changed = watch_.Changed();
    }
    if (changed) Reload().IgnoreError();  // the log has it
    lock.lock();
  }
}

}  // namespace spiked::access
