#include "server/session/command.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "spiked/v1/access_service.pb.h"
#include "spiked/v1/catalog_service.pb.h"
#include "spiked/v1/simulation_service.pb.h"

namespace spiked::session {
namespace {

// A method added to the contract needs an entry in the table.
TEST(CommandTest, TheTableHasAllMethodsOfTheContractOnce) {
  std::multiset<std::string> contract, table;
  for (const auto* file :
       {v1::StepRequest::descriptor()->file(), v1::ListModelsRequest::descriptor()->file(),
        v1::Account::descriptor()->file()}) {
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        contract.insert(file->service(s)->method(m)->full_name());
      }
    }
  }
  for (const Command& command : Commands()) table.insert(command.method->full_name());
  EXPECT_EQ(table, contract);
}

TEST(CommandTest, EveryCommandIsCarriedOutInOneWay) {
  for (const Command& command : Commands()) {
    SCOPED_TRACE(command.method->full_name());
    EXPECT_EQ((command.at_once != nullptr) + (command.in_turn != nullptr) +
                  (command.element != nullptr) + (command.data_field != nullptr) + command.watches,
              1);
    EXPECT_EQ(command.element != nullptr || command.data_field != nullptr,
              command.method->client_streaming());
    if (command.data_field != nullptr) {
      EXPECT_NE(command.with_saved, nullptr);
    }
    if (command.in_turn != nullptr) {
      ASSERT_NE(command.session_field, nullptr);
    }
    if (command.element != nullptr) {
      // Its messages hold those of the command that it repeats.
      EXPECT_EQ(command.method->input_type()->field(0)->message_type(),
                command.element->method->input_type());
      EXPECT_EQ(command.method->output_type()->field(0)->message_type(),
                command.element->method->output_type());
    }
  }
}

TEST(CommandTest, WhatChangesSomethingCanBeSentAgain) {
  for (const Command& command : Commands()) {
    const Command& one = command.element != nullptr ? *command.element : command;
    EXPECT_EQ(one.request_id_field != nullptr, one.mutates || one.with_saved != nullptr)
        << one.method->full_name();
  }
}

TEST(CommandTest, TheContractMarksWhatOnlyReads) {
  for (const Command& command : Commands()) {
    // Opening and halting a session is no change of one that there is, but no reading either.
    const bool reads =
        !command.mutates && command.with_saved == nullptr && command.right < Right::kDrive;
    EXPECT_EQ(command.method->options().idempotency_level() ==
                  google::protobuf::MethodOptions::NO_SIDE_EFFECTS,
              reads)
        << command.method->full_name();
  }
}

TEST(CommandTest, ViewersMayOnlyRead) {
  for (const Command& command : Commands()) {
    if (command.role == Role::kViewer) {
      EXPECT_FALSE(command.mutates) << command.method->full_name();
    }
  }
}

TEST(CommandTest, WhatIsForASessionSaysWhatItTakesOfIt) {
  for (const Command& command : Commands()) {
    const Command& one = command.element != nullptr ? *command.element : command;
    SCOPED_TRACE(one.method->full_name());
    EXPECT_EQ(one.right != Right::kNone, one.session_field != nullptr);
    if (one.mutates && one.session_field != nullptr) {
      EXPECT_GE(one.right, Right::kDrive);
    }
  }
}

}  // namespace
}  // namespace spiked::session
