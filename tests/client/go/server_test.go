package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"

	spikedpb "spiked.example/client/spiked/v1"
)

// The client against a real server: $SPIKED_BINARY, and $SPIKED_PONG_BINARY for
// comparison.

// A biological day, which no machine simulates while a test waits.
const dayMs = 86_400_000.0

type server struct {
	address string
	client  *Client
	process *exec.Cmd
}

func (s *server) start(t *testing.T) {
	t.Helper()
	s.process = exec.Command(os.Getenv("SPIKED_BINARY"), "--listen", s.address, "--log-level", "warn")
	s.process.Stderr = os.Stderr
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	client, err := Connect(ctx, s.address)
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
}

func (s *server) kill() {
	s.process.Process.Kill()
	s.process.Wait()
}

func newServer(t *testing.T) *server {
	if os.Getenv("SPIKED_BINARY") == "" || os.Getenv("SPIKED_PONG_BINARY") == "" {
		t.Skip("SPIKED_BINARY and SPIKED_PONG_BINARY are not set")
	}
	// The path of a socket must be short, t.TempDir() is not.
	directory, err := os.MkdirTemp("", "spiked-go-")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{address: "unix:" + directory + "/s"}
	t.Cleanup(func() { os.RemoveAll(directory) })
	s.start(t)
	t.Cleanup(func() { s.client.Close(); s.kill() })
	return s
}

// playing is a session with a network in which something is going on.
func (s *server) playing(t *testing.T) *Session {
	t.Helper()
	session, err := s.client.CreateSession(context.Background(), &spikedpb.CreateSessionRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if err := session.CreateNetwork(context.Background(), "net", playerPreset("rn", 20)); err != nil {
		t.Fatal(err)
	}
	return session
}

func duration(ms float64) *spikedpb.StepRequest { return &spikedpb.StepRequest{DurationMs: &ms} }

func expectError(t *testing.T, err error, code codes.Code, reason string) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code || e.Reason != reason {
		t.Fatalf("the error is %v, not %v %s", err, code, reason)
	}
	return e
}

func pongProgram(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "pong")
	if output, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%s", output)
	}
	return path
}

func TestTheRecordOfAMatchIsThatOfSpikedPongByteForByte(t *testing.T) {
	s := newServer(t)
	pong := pongProgram(t)
	for _, match := range []struct{ players, seed, more string }{
		{"rn,r", "1", "-unary=false"},
		{"d,dn", "18446744073709551615", "-unary"},
	} {
		var records [2][]byte
		for k, program := range [][]string{{os.Getenv("SPIKED_PONG_BINARY"), "--plain"}, {pong, match.more}} {
			record := filepath.Join(t.TempDir(), "record")
			options := append(program[1:], "--server", s.address, "--players", match.players, "--polls", "120",
				"--seed", match.seed, "--record-weights", "50", "--record", record)
			if output, err := exec.Command(program[0], options...).CombinedOutput(); err != nil {
				t.Fatalf("%s", output)
			}
			var err error
			if records[k], err = os.ReadFile(record); err != nil {
				t.Fatal(err)
			}
		}
		if len(records[0]) == 0 || !bytes.Equal(records[0], records[1]) {
			t.Errorf("%s: the records differ", match.players)
		}
	}
}

func TestAMatchEndsInOrderOnCtrlC(t *testing.T) {
	s := newServer(t)
	match := exec.Command(pongProgram(t), "-server", s.address, "-polls", "1000000000")
	var output strings.Builder
	match.Stdout = &output
	if err := match.Start(); err != nil {
		t.Fatal(err)
	}
	sessions := func() []*spikedpb.Session {
		answer, err := s.client.Simulation.ListSessions(context.Background(), &spikedpb.ListSessionsRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return answer.Sessions
	}
	for all := sessions(); len(all) == 0 || all[0].TimeMs == 0; all = sessions() {
		time.Sleep(10 * time.Millisecond)
	}
	match.Process.Signal(os.Interrupt)
	if err := match.Wait(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(output.String(), " polls in ") || len(sessions()) > 0 {
		t.Errorf("%q, %d sessions are left", output.String(), len(sessions()))
	}
}

func TestAnErrorTellsReasonAndField(t *testing.T) {
	session := newServer(t).playing(t)
	_, err := session.Step(context.Background(), duration(0.05))
	e := expectError(t, err, codes.InvalidArgument, "INVALID_FIELD")
	if len(e.Fields) != 1 || e.Fields[0].Field != "duration_ms" {
		t.Errorf("the fields are %v", e.Fields)
	}
	_, err = session.Step(context.Background(), &spikedpb.StepRequest{})
	expectError(t, err, codes.InvalidArgument, "INVALID_FIELD")
	err = session.CreateNetwork(context.Background(), "other",
		&spikedpb.PresetChoice{Name: "pong/rstdp", Options: &structpb.Struct{}})
	expectError(t, err, codes.InvalidArgument, "INVALID_FIELD")
	if err := session.Delete(context.Background()); err != nil {
		t.Fatal(err)
	}
	_, err = session.Step(context.Background(), duration(1))
	expectError(t, err, codes.NotFound, "NOT_FOUND")
}

func TestAStreamAnswersStepsInOrderAndEndsWithTheFirstError(t *testing.T) {
	session := newServer(t).playing(t)
	stream, err := session.Stream(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{1, 3, 6} {
		answer, err := stream.Step(duration(float64(k + 1)))
		if err != nil || answer.TimeMs != want {
			t.Fatalf("%v, %v", answer, err)
		}
	}
	late, expected := duration(1), 5.0
	late.ExpectedTimeMs = &expected
	_, err = stream.Step(late)
	expectError(t, err, codes.Aborted, "TIME_MISMATCH")
	_, err = stream.Step(duration(1))
	expectError(t, err, codes.Aborted, "TIME_MISMATCH")
}

func TestAStreamThatIsClosedTakesNoMoreSteps(t *testing.T) {
	session := newServer(t).playing(t)
	stream, err := session.Stream(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = stream.Step(duration(1))
	expectError(t, err, codes.FailedPrecondition, "")
}

func TestADeadlineHaltsAStepAndLeavesTheSessionUsable(t *testing.T) {
	session := newServer(t).playing(t)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	halted, err := session.Step(ctx, duration(dayMs))
	// Whichever comes first: the waiting ends here, or the server, which has stopped, answers.
	var e *Error
	if err == nil && !halted.Halted || err != nil && (!errors.As(err, &e) || e.Code != codes.DeadlineExceeded) {
		t.Fatal(halted, err)
	}
	answer, err := session.Step(context.Background(), duration(1))
	if err != nil || answer.TimeMs >= dayMs {
		t.Fatal(answer, err)
	}
}

func TestAHaltedStepTellsHowFarItCame(t *testing.T) {
	session := newServer(t).playing(t)
	go func() {
		for {
			if stepping, err := session.Halt(context.Background()); stepping || err != nil {
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	answer, err := session.Step(context.Background(), duration(dayMs))
	if err != nil {
		t.Fatal(err)
	}
	if answer.HaltReason != spikedpb.HaltReason_HALT_REASON_HALTED || answer.TimeMs >= dayMs {
		t.Error(answer)
	}
	if _, err := motorCounts(answer); err == nil {
		t.Error("a match goes on with half a poll")
	}
}

func TestNobodyAtAnAddressIsToldAsSuch(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_, err := Connect(ctx, "unix:/nobody")
	if e := expectError(t, err, codes.Unavailable, ""); !strings.Contains(e.Message, "unix:/nobody") {
		t.Error(e)
	}
}

func TestARestartOfTheServerIsNoticed(t *testing.T) {
	s := newServer(t)
	session := s.playing(t)
	if session.Lost() {
		t.Fatal("lost too early")
	}
	s.kill()
	_, err := session.Step(context.Background(), duration(1))
	expectError(t, err, codes.Unavailable, "")
	old := s.client
	defer old.Close()
	s.start(t)
	// The old connection finds the new server when its time to wait is over.
	for e := (&Error{}); ; time.Sleep(10 * time.Millisecond) {
		if _, err = session.Step(context.Background(), duration(1)); !errors.As(err, &e) || e.Code != codes.Unavailable {
			break
		}
	}
	expectError(t, err, codes.NotFound, "NOT_FOUND")
	if !session.Lost() {
		t.Error("the restart went unnoticed")
	}
}
