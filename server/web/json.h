// Messages as JSON, read and written in pieces.
#pragma once

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace spiked::web {

// Both pause again and again. INVALID_ARGUMENT, with what is wrong and where.
absl::Status ReadJson(absl::string_view text, google::protobuf::Message* message,
                      absl::FunctionRef<void()> pause);
// False where JSON cannot tell it.
bool WriteJson(const google::protobuf::Message& message, std::string* text,
               absl::FunctionRef<void()> pause);

}  // namespace spiked::web
