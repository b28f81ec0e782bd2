// The live picture of spiked-pong on a real (pseudo) terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "tests/support/server_process.h"

namespace spiked {
namespace {

using ::spiked::testing::ServerProcess;
using ::testing::HasSubstr;
using ::testing::Not;

// spiked-pong in a terminal of 80 by 24 unless told otherwise.
class PongInTerminal {
 public:
  PongInTerminal(const std::string& address, const char* polls, const char* locale = "C.UTF-8",
                 winsize size = {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0}) {
    pid_ = forkpty(&terminal_, nullptr, nullptr, &size);
    if (pid_ == 0) {
      setenv("TERM", "xterm", 1);
      setenv("LC_ALL", locale, 1);
      execl(SPIKED_PONG_BINARY, SPIKED_PONG_BINARY, "--server", address.c_str(), "--polls", polls,
            "--speed", "400", nullptr);
      _exit(127);
    }
  }
  ~PongInTerminal() {
    if (terminal_ >= 0) close(terminal_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }

  // Reads what appears until `text` has, or the program ends.
  void ReadUntil(const std::string& text) {
    char buffer[4096];
    while (screen_.find(text) == std::string::npos) {
      const ssize_t count = read(terminal_, buffer, sizeof(buffer));
      if (count <= 0) return;
      screen_.append(buffer, static_cast<size_t>(count));
    }
  }

  // Types Ctrl-C.
  void Interrupt() { ASSERT_EQ(write(terminal_, "\x03", 1), 1); }

  // Types Ctrl-Z and waits until the program has stopped. A process that has no
  // shell above it is stopped by no terminal, but by a signal.
  void Suspend() {
    ASSERT_EQ(kill(pid_, SIGTSTP), 0);
    int status = 0;
    ASSERT_EQ(waitpid(pid_, &status, WUNTRACED), pid_);
    ASSERT_TRUE(WIFSTOPPED(status));
  }
  void GoOn() { ASSERT_EQ(kill(pid_, SIGCONT), 0); }

  // Reads the rest and waits for the end.
  int Wait() {
    ReadUntil("no such text");
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  const std::string& screen() const { return screen_; }

 private:
  pid_t pid_ = -1;
  int terminal_ = -1;
  std::string screen_;
};

class TerminalTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.Start().ok()) << server_.Log(); }

  // What the screen showed before it was given back, and after.
  static void ExpectRestored(const std::string& screen) {
    const size_t enter = screen.find("\x1b[?1049h\x1b[?25l");
    const size_t leave = screen.find("\x1b[?25h\x1b[?1049l");
    ASSERT_NE(enter, std::string::npos);
    ASSERT_NE(leave, std::string::npos);
    EXPECT_LT(enter, leave);
    const std::string live = screen.substr(enter, leave - enter);
    EXPECT_THAT(live, HasSubstr("┌"));
    EXPECT_THAT(live, HasSubstr("mean reward"));
    EXPECT_THAT(screen.substr(leave), HasSubstr("mean weights (pA)"));
    EXPECT_THAT(screen.substr(leave), Not(HasSubstr("\x1b[H")));
  }

  ServerProcess server_;
};

TEST_F(TerminalTest, ShowsALivePictureAndGivesTheScreenBack) {
  PongInTerminal pong(server_.address(), "300");
  EXPECT_EQ(pong.Wait(), 0) << pong.screen();
  ExpectRestored(pong.screen());
  EXPECT_THAT(pong.screen(), HasSubstr("300 of 300"));
}

TEST_F(TerminalTest, ShowsTheWeights) {
  PongInTerminal pong(server_.address(), "20");
  EXPECT_EQ(pong.Wait(), 0) << pong.screen();
  EXPECT_THAT(pong.screen(), HasSubstr("weights ball > neuron"));
}

TEST_F(TerminalTest, ASmallTerminalShowsTheField) {
  PongInTerminal pong(server_.address(), "20", "C.UTF-8",
                      {.ws_row = 10, .ws_col = 40, .ws_xpixel = 0, .ws_ypixel = 0});
  EXPECT_EQ(pong.Wait(), 0) << pong.screen();
  EXPECT_THAT(pong.screen(), HasSubstr("┌"));
}

TEST_F(TerminalTest, IsAsciiInALocaleWithoutUtf8) {
  PongInTerminal pong(server_.address(), "20", "C");
  EXPECT_EQ(pong.Wait(), 0) << pong.screen();
  EXPECT_THAT(pong.screen(), HasSubstr("+----"));
  for (const char c : pong.screen()) ASSERT_GE(c, 0) << pong.screen();
}

TEST_F(TerminalTest, CtrlZGivesTheScreenBackUntilTheMatchGoesOn) {
  const std::string enter = "\x1b[?1049h\x1b[?25l";
  PongInTerminal pong(server_.address(), "300");
  pong.ReadUntil("ball > neuron");
  pong.Suspend();
  pong.ReadUntil("\x1b[?25h\x1b[?1049l");
  EXPECT_EQ(pong.screen().rfind(enter), pong.screen().find(enter));
  pong.GoOn();
  EXPECT_EQ(pong.Wait(), 0) << pong.screen();
  EXPECT_GT(pong.screen().rfind(enter), pong.screen().find(enter));
  EXPECT_LT(pong.screen().rfind(enter), pong.screen().rfind("\x1b[?1049l"));
  EXPECT_THAT(pong.screen(), HasSubstr("300 of 300"));
}

TEST_F(TerminalTest, CtrlCGivesTheScreenBackWithASummary) {
  PongInTerminal pong(server_.address(), "100000000");
  // A whole frame: Ctrl-C throws away what the terminal has not shown yet.
  pong.ReadUntil("ball > neuron");
  pong.Interrupt();
  EXPECT_EQ(pong.Wait(), 0) << pong.screen();
  ExpectRestored(pong.screen());
  EXPECT_THAT(pong.screen(), HasSubstr("Interrupted after"));
  auto client = server_.Connect();
  ASSERT_TRUE(client.ok());
  EXPECT_EQ(client->ListSessions()->size(), 0u);
}

}  // namespace
}  // namespace spiked
