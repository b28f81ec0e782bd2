// JSON as the records of pong write it: the canonical form of RFC 8785 but for
// the order of members, which is that of their insertion. Programs in any
// language can write the same bytes.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace spiked::pong {

using Json = nlohmann::ordered_json;

// The shortest decimal number that reads back as `value`, in the form of
// JavaScript's JSON.stringify: `800`, `0.7`, `0.000001`, `1.5e-7`, `1e+21`. Of
// several numbers with as few digits it is the one nearest to the value. Zero of
// either sign is `0`; the value must be finite.
std::string NumberText(double value);

// The value in one line without spaces.
std::string JsonText(const Json& value);

}  // namespace spiked::pong
