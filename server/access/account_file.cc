#include "server/access/account_file.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "server/access/token.h"

namespace spiked::access {
namespace {

using Json = nlohmann::ordered_json;

absl::Status At(const std::string& place, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(place, ": ", what));
}

// An object's members, each of which must be asked for.
class Object {
 public:
  static absl::StatusOr<Object> Of(const Json& json, std::string place) {
    if (!json.is_object()) return At(place, "must be an object");
    return Object(json, std::move(place));
  }

  std::string Place(const std::string& name) const { return absl::StrCat(place_, ".", name); }

  // Null if there is none.
  const Json* Find(const std::string& name) {
    asked_.insert(name);
    const auto found = json_.find(name);
    return found == json_.end() ? nullptr : &*found;
  }

  absl::Status Text(const std::string& name, bool required, size_t most, std::string* text) {
    const Json* json = Find(name);
    if (json == nullptr)
      return required ? At(place_, absl::StrCat("has no ", name)) : absl::OkStatus();
    if (!json->is_string()) return At(Place(name), "must be a text");
    *text = json->get<std::string>();
    if (text->size() <= most) return absl::OkStatus();
    return At(Place(name), absl::StrCat("must be at most ", most, " bytes"));
  }

  absl::Status Time(const std::string& name, bool required, absl::Time* time) {
    std::string text;
    if (absl::Status status = Text(name, required, 64, &text); !status.ok()) return status;
    if (text.empty() && !required) return absl::OkStatus();
    std::string error;
    if (absl::ParseTime(absl::RFC3339_full, text, time, &error)) return absl::OkStatus();
    return At(Place(name), "must be a time such as 2027-01-31T12:00:00Z");
  }

  // Whether nothing was there but what has been asked for.
  absl::Status End() const {
    for (const auto& [name, value] : json_.items()) {
      if (!asked_.contains(name)) return At(Place(name), "is unknown");
    }
    return absl::OkStatus();
  }

 private:
  Object(const Json& json, std::string place) : json_(json), place_(std::move(place)) {}

  const Json& json_;
  std::string place_;
  std::set<std::string> asked_;
};

absl::StatusOr<Token> ParseToken(const Json& json, const std::string& place) {
  auto object = Object::Of(json, place);
  if (!object.ok()) return object.status();
  Token token;
  absl::Status status = object->Text("id", true, 64, &token.id);
  if (status.ok() && !IsTokenId(token.id)) {
    status = At(object->Place("id"), "must be 12 hexadecimal digits");
  }
  if (status.ok()) status = object->Text("sha256", true, 64, &token.hash);
  if (status.ok() && !IsTokenHash(token.hash)) {
    status = At(object->Place("sha256"), "must be 64 hexadecimal digits");
  }
  if (status.ok()) status = object->Time("created", true, &token.create_time);
  if (status.ok()) status = object->Time("expires", false, &token.expire_time);
  if (status.ok()) status = object->Text("note", false, kMaxNoteBytes, &token.note);
  if (status.ok()) status = object->End();
  if (!status.ok()) return status;
  return token;
}

absl::Status ParseQuotas(const Json& json, const std::string& place, Quotas* quotas) {
  auto object = Object::Of(json, place);
  if (!object.ok()) return object.status();
  for (const NamedQuota& quota : kQuotas) {
    const Json* number = object->Find(quota.name);
    if (number == nullptr) continue;
    if (!number->is_number_unsigned()) {
      return At(object->Place(quota.name), "must be a whole number from 0");
    }
    quotas->*quota.value = number->get<uint64_t>();
  }
  return object->End();
}

absl::StatusOr<Account> ParseAccount(const Json& json, const std::string& place) {
  auto object = Object::Of(json, place);
  if (!object.ok()) return object.status();
  Account account;
  absl::Status status = object->Text("name", true, 256, &account.name);
  if (!status.ok()) return status;
  if (!IsAccountName(account.name)) {
    return At(object->Place("name"),
              "must be a letter or digit and up to 62 letters, digits, '_', '-', '.' or '@'");
  }
  if (account.name == kOwner) {
    return At(object->Place("name"), "is that of the account of whoever has started the server");
  }
  std::string role;
  status = object->Text("role", true, 64, &role);
  if (!status.ok()) return status;
  const auto known = RoleOf(role);
  if (!known) return At(object->Place("role"), "must be viewer, user or admin");
  account.role = *known;
  if (const Json* weight = object->Find("weight")) {
    account.weight = weight->is_number() ? weight->get<double>() : 0;
    if (!(account.weight >= kMinWeight && account.weight <= kMaxWeight)) {
      return At(object->Place("weight"),
                absl::StrCat("must be a number from ", kMinWeight, " to ", kMaxWeight));
    }
  }
  if (const Json* quotas = object->Find("quotas")) {
    status = ParseQuotas(*quotas, object->Place("quotas"), &account.quotas);
    if (!status.ok()) return status;
  }
  if (const Json* tokens = object->Find("tokens")) {
    const std::string tokens_place = object->Place("tokens");
    if (!tokens->is_array()) return At(tokens_place, "must be a list");
    if (tokens->size() > kMaxTokens) {
      return At(tokens_place, absl::StrCat("must be at most ", kMaxTokens));
    }
    for (const Json& one : *tokens) {
      auto token = ParseToken(one, absl::StrCat(tokens_place, "[", account.tokens.size(), "]"));
      if (!token.ok()) return token.status();
      account.tokens.push_back(*std::move(token));
    }
  }
  status = object->End();
  if (!status.ok()) return status;
  return account;
}

// The text as JSON; no name may stand twice in an object, since nobody could say which
// counts.
absl::StatusOr<Json> ParseJson(absl::string_view text) {
  std::vector<std::set<std::string>> names;
  std::string twice;
  const auto json = Json::parse(
      text.begin(), text.end(),
      [&](int /*depth*/, Json::parse_event_t event, Json& parsed) {
        if (event == Json::parse_event_t::object_start) names.emplace_back();
        if (event == Json::parse_event_t::object_end) names.pop_back();
        if (event == Json::parse_event_t::key &&
            !names.back().insert(parsed.get<std::string>()).second) {
          twice = parsed.get<std::string>();
        }
        return true;
      },
      /*allow_exceptions=*/false);
  if (json.is_discarded()) return absl::InvalidArgumentError("it is no JSON");
  if (!twice.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("an object has '", twice, "' twice"));
  }
  return json;
}

}  // namespace

absl::StatusOr<Accounts> ParseAccounts(absl::string_view text) {
  const auto json = ParseJson(text);
  if (!json.ok()) return json.status();
  if (!json->is_object() || json->size() != 1 || !json->contains("accounts") ||
      !(*json)["accounts"].is_array()) {
    return absl::InvalidArgumentError("it must be an object with the list `accounts` alone");
  }
  Accounts accounts;
  absl::flat_hash_set<std::string> ids;
  for (const Json& one : (*json)["accounts"]) {
    const std::string place = absl::StrCat("accounts[", accounts.size(), "]");
    auto account = ParseAccount(one, place);
    if (!account.ok()) return account.status();
    for (const Token& token : account->tokens) {
      if (!ids.insert(token.id).second) {
        return At(place, absl::StrCat("the token ", token.id, " stands twice"));
      }
    }
    std::string name = account->name;
    if (!accounts.emplace(name, std::make_shared<const Account>(*std::move(account))).second) {
      return At(place, absl::StrCat("there are two accounts '", name, "'"));
    }
  }
  return accounts;
}

std::string ToText(const Accounts& accounts) {
  const auto time = [](absl::Time when) {
    return absl::FormatTime("%Y-%m-%d%ET%H:%M:%SZ", when, absl::UTCTimeZone());
  };
  Json list = Json::array();
  for (const auto& [name, account] : accounts) {
    Json json = {{"name", name}, {"role", RoleName(account->role)}, {"weight", account->weight}};
    Json& quotas = json["quotas"] = Json::object();
    for (const NamedQuota& quota : kQuotas) {
      if (const auto value = account->quotas.*quota.value) quotas[quota.name] = *value;
    }
    Json& tokens = json["tokens"] = Json::array();
    for (const Token& token : account->tokens) {
      Json entry = {{"id", token.id}, {"sha256", token.hash}, {"created", time(token.create_time)}};
      if (token.expire_time != absl::InfiniteFuture()) entry["expires"] = time(token.expire_time);
      if (!token.note.empty()) entry["note"] = token.note;
      tokens.push_back(std::move(entry));
    }
    list.push_back(std::move(json));
  }
  return Json{{"accounts", std::move(list)}}.dump(2, ' ', false, Json::error_handler_t::replace) +
         "\n";
}

}  // namespace spiked::access
