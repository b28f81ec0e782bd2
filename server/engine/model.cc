#include "server/engine/model.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/models/models.h"
#include "server/engine/nearest.h"

namespace spiked::engine {
namespace parameter {

ParameterInfo Any(absl::string_view name, absl::string_view unit, double value,
                  absl::string_view description) {
  return {.name = name, .unit = unit, .default_value = value, .description = description};
}

ParameterInfo AtLeast(double minimum, absl::string_view name, absl::string_view unit, double value,
                      absl::string_view description) {
  ParameterInfo info = Any(name, unit, value, description);
  info.minimum = minimum;
  return info;
}

ParameterInfo Positive(absl::string_view name, absl::string_view unit, double value,
                       absl::string_view description) {
  ParameterInfo info = AtLeast(0, name, unit, value, description);
  info.exclusive_minimum = true;
  return info;
}

ParameterInfo Between(double minimum, double maximum, absl::string_view name,
                      absl::string_view unit, double value, absl::string_view description) {
  ParameterInfo info = AtLeast(minimum, name, unit, value, description);
  info.maximum = maximum;
  return info;
}

ParameterInfo Whole(ParameterInfo info) {
  info.kind = NumberKind::kWhole;
  return info;
}

ParameterInfo OnGrid(ParameterInfo info) {
  info.kind = NumberKind::kGridTime;
  return info;
}

ParameterInfo MayBeInfinite(double infinity, ParameterInfo info) {
  (infinity > 0 ? info.maximum : info.minimum) = infinity;
  return info;
}

ParameterInfo Follows(absl::string_view other, ParameterInfo info) {
  info.follows = other;
  info.default_value = std::numeric_limits<double>::quiet_NaN();
  return info;
}

ParameterInfo OneForAll(ParameterInfo info) {
  info.one_for_all = true;
  return info;
}

ParameterInfo Fixed(ParameterInfo info) {
  info.fixed = true;
  return info;
}

}  // namespace parameter

const ParameterInfo* ModelInfo::FindParameter(absl::string_view parameter) const {
  const auto it = std::ranges::find(parameters, parameter, &ParameterInfo::name);
  return it == parameters.end() ? nullptr : &*it;
}

size_t ModelInfo::IndexOf(absl::string_view parameter) const {
  return static_cast<size_t>(FindParameter(parameter) - parameters.data());
}

absl::Status ModelInfo::NoSuchParameter(absl::string_view parameter,
                                        absl::string_view field) const {
  return UnknownName(field, absl::StrCat(WithArticle(name), " has no parameter"), parameter,
                     NamesOf(parameters));
}

bool ModelInfo::HasRecordable(absl::string_view recordable) const {
  return IndexOfRecordable(recordable) < recordables.size();
}

absl::Status ModelInfo::CheckRecordable(absl::string_view recordable,
                                        absl::string_view field) const {
  if (HasRecordable(recordable)) return absl::OkStatus();
  return UnknownName(field, absl::StrCat(WithArticle(name), " has no recordable"), recordable,
                     NamesOf(recordables));
}

size_t ModelInfo::IndexOfRecordable(absl::string_view recordable) const {
  return static_cast<size_t>(std::ranges::find(recordables, recordable, &RecordableInfo::name) -
                             recordables.begin());
}

const std::vector<ModelInfo>& Models() {
  static const auto& models = *[] {
    auto* all = new std::vector<ModelInfo>;
    for (const auto& make : models::kAll) all->push_back(make());
    return all;
  }();
  return models;
}

const ModelInfo* FindModel(absl::string_view name) {
  static const auto& by_name = *[] {
    auto* all = new absl::flat_hash_map<absl::string_view, const ModelInfo*>;
    for (const ModelInfo& model : Models()) all->emplace(model.name, &model);
    return all;
  }();
  const auto it = by_name.find(name);
  return it == by_name.end() ? nullptr : it->second;
}

const ModelInfo& PlainSynapse() {
  static const auto& plain = *std::ranges::find_if(Models(), [](const ModelInfo& model) {
    return model.kind == ModelKind::kSynapse && model.synapse.make == nullptr;
  });
  return plain;
}

}  // namespace spiked::engine
