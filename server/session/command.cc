#include "server/session/command.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "server/session/accounts.h"
#include "server/session/catalog.h"
#include "server/session/machine.h"
#include "server/session/registry.h"
#include "server/session/saved.h"
#include "spiked/v1/access_service.pb.h"
#include "spiked/v1/catalog_service.pb.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {
namespace {

using google::protobuf::Message;

// An entry with what the contract says of the method.
Command Entry(absl::string_view name, Role role, Right right, Cost cost, bool mutates) {
  const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(
      absl::StrCat("spiked.v1.", name));
  return {.method = method,
          .session_field = method->input_type()->FindFieldByName("session"),
          .request_id_field = method->input_type()->FindFieldByName("request_id"),
          .role = role,
          .right = right,
          .cost = cost,
          .mutates = mutates};
}

// From a function with messages of their own types to one that the table holds.
template <auto Function>
struct AtOnce;
template <typename Request, typename Response,
          absl::Status (Registry::*Function)(const std::shared_ptr<Session>&, const Request&,
                                             Response*)>
struct AtOnce<Function> {
  static absl::Status Run(Registry& registry, const std::shared_ptr<Session>& session,
                          const Message& request, const Caller& /*caller*/, Message* reply) {
    return (registry.*Function)(session, static_cast<const Request&>(request),
                                static_cast<Response*>(reply));
  }
};
template <typename Request, typename Response,
          absl::Status (Registry::*Function)(const std::shared_ptr<Session>&, const Request&,
                                             const Caller&, Response*)>
struct AtOnce<Function> {
  static absl::Status Run(Registry& registry, const std::shared_ptr<Session>& session,
                          const Message& request, const Caller& caller, Message* reply) {
    return (registry.*Function)(session, static_cast<const Request&>(request), caller,
                                static_cast<Response*>(reply));
  }
};
template <typename Request, typename Response,
          absl::Status (*Function)(Registry&, const Request&, const Caller&, Response*)>
struct AtOnce<Function> {
  static absl::Status Run(Registry& registry, const std::shared_ptr<Session>& /*session*/,
                          const Message& request, const Caller& caller, Message* reply) {
    return Function(registry, static_cast<const Request&>(request), caller,
                    static_cast<Response*>(reply));
  }
};
template <typename Request, typename Response,
          absl::Status (Registry::*Function)(const Request&, const Caller&, Response*)>
struct AtOnce<Function> {
  static absl::Status Run(Registry& registry, const std::shared_ptr<Session>& /*session*/,
                          const Message& request, const Caller& caller, Message* reply) {
    return (registry.*Function)(static_cast<const Request&>(request), caller,
                                static_cast<Response*>(reply));
  }
};
template <typename Request, typename Response, absl::Status (*Function)(const Request&, Response*)>
struct AtOnce<Function> {
  static absl::Status Run(Registry& /*registry*/, const std::shared_ptr<Session>& /*session*/,
                          const Message& request, const Caller& /*caller*/, Message* reply) {
    return Function(static_cast<const Request&>(request), static_cast<Response*>(reply));
  }
};

template <auto Function>
struct InTurn;
template <typename Request, typename Response,
          absl::Status (Machine::*Function)(const Request&, Response*)>
struct InTurn<Function> {
  static bool Run(Machine& machine, const Message& request, Stop& /*stop*/, Message* reply,
                  absl::Status* status) {
    *status =
        (machine.*Function)(static_cast<const Request&>(request), static_cast<Response*>(reply));
    return true;
  }
};
template <typename Request, typename Response,
          absl::Status (Machine::*Function)(const Request&, Stop&, Response*)>
struct InTurn<Function> {
  static bool Run(Machine& machine, const Message& request, Stop& stop, Message* reply,
                  absl::Status* status) {
    *status = (machine.*Function)(static_cast<const Request&>(request), stop,
                                  static_cast<Response*>(reply));
    return true;
  }
};
template <typename Request, typename Response,
          bool (Machine::*Function)(const Request&, Stop&, Response*, absl::Status*)>
struct InTurn<Function> {
  static bool Run(Machine& machine, const Message& request, Stop& stop, Message* reply,
                  absl::Status* status) {
    return (machine.*Function)(static_cast<const Request&>(request), stop,
                               static_cast<Response*>(reply), status);
  }
};

template <auto Function>
Command ByRegistry(absl::string_view method, Role role, bool mutates = false,
                   Right right = Right::kNone) {
  Command command = Entry(method, role, right, Cost::kShort, mutates);
  command.at_once = AtOnce<Function>::Run;
  return command;
}

template <auto Function>
Command BySession(absl::string_view method, Cost cost, bool mutates) {
  Command command = mutates ? Entry(method, Role::kUser, Right::kDrive, cost, mutates)
                            : Entry(method, Role::kViewer, Right::kWatch, cost, mutates);
  command.in_turn = InTurn<Function>::Run;
  return command;
}

// Opens a session that goes on from a saved one.
template <typename Request, typename Response>
Command Opening(Command command) {
  command.with_saved = [](Registry& registry, const Message& request, const Caller& caller,
                          ChargedBytes saved, Message* reply) {
    return registry.CreateFrom(static_cast<const Request&>(request), std::move(saved), caller,
                               static_cast<Response*>(reply)->mutable_session());
  };
  return command;
}

// The copy is the caller's: who may read the other one could as well save it, and restore that.
Command Fork() {
  Command command =
      Entry("SimulationService.ForkSession", Role::kUser, Right::kWatch, Cost::kShort, false);
  command.in_turn = InTurn<&Machine::ForkSession>::Run;
  command.aside = true;
  return Opening<v1::ForkSessionRequest, v1::ForkSessionResponse>(command);
}

Command Restore() {
  Command command =
      Entry("SimulationService.RestoreSession", Role::kUser, Right::kNone, Cost::kShort, true);
  command.data_field = v1::RestoreSessionRequest::descriptor()->FindFieldByName("data");
  return Opening<v1::RestoreSessionRequest, v1::RestoreSessionResponse>(command);
}

std::vector<Command> MakeTable() {
  constexpr bool kMutates = true, kReads = false;
  std::vector<Command> table = {
      ByRegistry<&Registry::Create>("SimulationService.CreateSession", Role::kUser, kMutates),
      ByRegistry<&Registry::Get>("SimulationService.GetSession", Role::kViewer, kReads,
                                 Right::kWatch),
      ByRegistry<&Registry::List>("SimulationService.ListSessions", Role::kViewer),
      ByRegistry<&Registry::Share>("SimulationService.ShareSession", Role::kUser, kMutates,
                                   Right::kOwn),
      ByRegistry<&Registry::Delete>("SimulationService.DeleteSession", Role::kUser, kMutates,
                                    Right::kOwn),
      BySession<&Machine::SaveSession>("SimulationService.SaveSession", Cost::kShort, kReads),
      Restore(),
      Fork(),
      BySession<&Machine::CreateNetwork>("SimulationService.CreateNetwork", Cost::kLong, kMutates),
      BySession<&Machine::ExtendNetwork>("SimulationService.ExtendNetwork", Cost::kLong, kMutates),
      BySession<&Machine::DeleteNetwork>("SimulationService.DeleteNetwork", Cost::kLong, kMutates),
      BySession<&Machine::GetNetwork>("SimulationService.GetNetwork", Cost::kShort, kReads),
      BySession<&Machine::SetInput>("SimulationService.SetInput", Cost::kShort, kMutates),
      BySession<&Machine::SetParameters>("SimulationService.SetParameters", Cost::kShort, kMutates),
      BySession<&Machine::SetRecording>("SimulationService.SetRecording", Cost::kShort, kMutates),
      BySession<&Machine::GetParameters>("SimulationService.GetParameters", Cost::kShort, kReads),
      BySession<&Machine::ResetSession>("SimulationService.ResetSession", Cost::kLong, kMutates),
      BySession<&Machine::SnapshotSession>("SimulationService.SnapshotSession", Cost::kLong,
                                           kMutates),
      BySession<&Machine::ApplyReward>("SimulationService.ApplyReward", Cost::kShort, kMutates),
      BySession<&Machine::Step>("SimulationService.Step", Cost::kSlices, kMutates),
      Entry("SimulationService.StepStream", Role::kUser, Right::kDrive, Cost::kSlices, kMutates),
      ByRegistry<&Registry::Halt>("SimulationService.HaltSession", Role::kUser, kReads,
                                  Right::kDrive),
      BySession<&Machine::GetSpikes>("SimulationService.GetSpikes", Cost::kShort, kReads),
      BySession<&Machine::GetSignals>("SimulationService.GetSignals", Cost::kShort, kReads),
      BySession<&Machine::GetWeights>("SimulationService.GetWeights", Cost::kShort, kReads),
      BySession<&Machine::ReadWeights>("SimulationService.ReadWeights", Cost::kSlices, kReads),
      BySession<&Machine::SetWeights>("SimulationService.SetWeights", Cost::kShort, kMutates),
      BySession<&Machine::GetWeightRecord>("SimulationService.GetWeightRecord", Cost::kShort,
                                           kReads),
      BySession<&Machine::CutConnections>("SimulationService.CutConnections", Cost::kShort,
                                          kMutates),
      Entry("SimulationService.WatchSession", Role::kViewer, Right::kWatch, Cost::kShort, kReads),
      ByRegistry<&ListModels>("CatalogService.ListModels", Role::kViewer),
      ByRegistry<&ListPresets>("CatalogService.ListPresets", Role::kViewer),
      ByRegistry<&Registry::Info>("CatalogService.GetServerInfo", Role::kViewer),
      ByRegistry<&GetCaller>("AccessService.GetCaller", Role::kViewer),
      ByRegistry<&ListAccounts>("AccessService.ListAccounts", Role::kAdmin),
      ByRegistry<&PutAccount>("AccessService.PutAccount", Role::kAdmin, kMutates),
      ByRegistry<&DeleteAccount>("AccessService.DeleteAccount", Role::kAdmin, kMutates),
      ByRegistry<&CreateToken>("AccessService.CreateToken", Role::kAdmin, kMutates),
      ByRegistry<&RevokeToken>("AccessService.RevokeToken", Role::kAdmin, kMutates),
  };
  const auto named = [&](absl::string_view name) {
    return std::ranges::find_if(table, [&](const Command& command) {
      return absl::string_view(command.method->name()) == name;
    });
  };
  named("StepStream")->element = &*named("Step");
  named("WatchSession")->watches = true;
  // Networks and additions to them are built apart and then added.
  named("CreateNetwork")->all_or_nothing = true;
  named("ExtendNetwork")->all_or_nothing = true;
  // What they need is there before the first is set.
  named("SetWeights")->all_or_nothing = true;
  named("CutConnections")->all_or_nothing = true;
  named("SnapshotSession")->all_or_nothing = true;
  return table;
}

}  // namespace

absl::Span<const Command> Commands() {
  static const auto* const kTable = new std::vector<Command>(MakeTable());
  return *kTable;
}

}  // namespace spiked::session
