#include "server/storage/schema.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace spiked::storage {
namespace {

using testing::TempDir;

constexpr const char* kFirst = "CREATE TABLE pets (name TEXT); INSERT INTO pets VALUES ('Rex')";
constexpr const char* kSecond = "ALTER TABLE pets ADD COLUMN legs INTEGER NOT NULL DEFAULT 4";

class SchemaTest : public ::testing::Test {
 protected:
  SchemaTest() : database_(*Database::Open(dir_.File("db"), "")) {}

  std::string Text(const char* sql) {
    Query query(database_, sql);
    return query.Next() ? std::string(query.Bytes(0)) : query.status().ToString();
  }

  TempDir dir_;
  Database database_;
};

TEST_F(SchemaTest, StartsWithNothing) {
  ASSERT_TRUE(Migrate(database_, Migrations()).ok());
  EXPECT_EQ(Text("PRAGMA user_version"), std::to_string(Migrations().size()));
  EXPECT_EQ(Text("PRAGMA application_id"), std::to_string(0x73706b64));
  EXPECT_EQ(Text("SELECT count(*) FROM journal"), "0");
}

TEST_F(SchemaTest, AnOlderVersionIsBroughtUpWithWhatItHolds) {
  ASSERT_TRUE(Migrate(database_, {kFirst}).ok());
  ASSERT_TRUE(Migrate(database_, {kFirst, kSecond}).ok());
  EXPECT_EQ(Text("SELECT name || legs FROM pets"), "Rex4");
  EXPECT_EQ(Text("PRAGMA user_version"), "2");
  EXPECT_TRUE(Migrate(database_, {kFirst, kSecond}).ok());
}

TEST_F(SchemaTest, AStepThatFailsChangesNothing) {
  ASSERT_TRUE(Migrate(database_, {kFirst}).ok());
  EXPECT_FALSE(
      Migrate(database_, {kFirst, "DELETE FROM pets; INSERT INTO nowhere VALUES (1)"}).ok());
  EXPECT_EQ(Text("SELECT name FROM pets"), "Rex");
  EXPECT_EQ(Text("PRAGMA user_version"), "1");
  EXPECT_TRUE(Migrate(database_, {kFirst, kSecond}).ok());
}

TEST_F(SchemaTest, ANewerVersionIsRefused) {
  ASSERT_TRUE(Migrate(database_, {kFirst, kSecond}).ok());
  EXPECT_EQ(Migrate(database_, {kFirst}).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Text("PRAGMA user_version"), "2");
}

TEST_F(SchemaTest, AnotherProgramsDatabaseIsRefused) {
  ASSERT_TRUE(database_.Script("CREATE TABLE theirs (x)").ok());
  EXPECT_EQ(Migrate(database_, Migrations()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Text("SELECT count(*) FROM sqlite_schema"), "1");
}

}  // namespace
}  // namespace spiked::storage
