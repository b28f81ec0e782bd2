// Two spiking networks on a spiked server play pong against each other. The
// record is that of spiked-pong, byte for byte.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	spikedpb "spiked.example/client/spiked/v1"
)

type options struct {
	server, players, record    string
	polls, rows, recordWeights int
	seed                       uint64
	unary                      bool
}

func parseOptions() (options, [2]string, error) {
	var o options
	flag.StringVar(&o.server, "server", DefaultAddress(), "unix:/path or host:port")
	flag.StringVar(&o.players, "players", "rn,r", "any two of r, rn, d, dn")
	flag.IntVar(&o.polls, "polls", 2000, "length of the match in polls of 200 ms")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of all that is random")
	flag.IntVar(&o.rows, "num-neurons", 20, "motor neurons of a player")
	flag.StringVar(&o.record, "record", "", "file to write one JSON line to for each poll")
	flag.IntVar(&o.recordWeights, "record-weights", 0, "with the weights of every N-th poll")
	flag.BoolVar(&o.unary, "unary", false, "one call a poll, in place of a stream for all")
	flag.Parse()
	var kinds [2]string
	names := strings.Split(o.players, ",")
	if len(names) != len(kinds) {
		return o, kinds, fmt.Errorf("no such players: %s", o.players)
	}
	for side, name := range names {
		if name != "r" && name != "rn" && name != "d" && name != "dn" {
			return o, kinds, fmt.Errorf("no such player: %s", name)
		}
		kinds[side] = name
	}
	return o, kinds, nil
}

// play plays in a session that is still at time 0, until all polls are played or
// the context ends. One round trip a poll.
func play(ctx context.Context, session *Session, match *Match, o options, record *json.Encoder) error {
	for side, network := range sides {
		if err := session.CreateNetwork(context.Background(), network, playerPreset(match.kinds[side], match.rows)); err != nil {
			return err
		}
	}
	step := func(request *spikedpb.StepRequest) (*spikedpb.StepResponse, error) {
		return session.Step(context.Background(), request)
	}
	if !o.unary {
		stream, err := session.Stream(context.Background())
		if err != nil {
			return err
		}
		defer stream.Close()
		step = stream.Step
	}
	start := time.Now()
	for match.polls < o.polls && ctx.Err() == nil {
		readWeights := o.recordWeights > 0 && match.polls%o.recordWeights == 0
		answer, err := step(pollRequest(match, readWeights))
		if err != nil {
			return err
		}
		if answer.Halted && ctx.Err() != nil {
			break
		}
		counts, err := motorCounts(answer)
		if err != nil {
			return err
		}
		poll := match.play(counts)
		if readWeights {
			poll.Weights = playerWeights(answer)
		}
		if record != nil {
			if err := record.Encode(poll); err != nil {
				return err
			}
		}
	}
	elapsed := time.Since(start).Seconds()
	fmt.Printf("%d polls in %.2f s (%.3f ms a poll), score %d : %d\n",
		match.polls, elapsed, 1000*elapsed/float64(match.polls), match.score[left], match.score[right])
	return nil
}

func run() error {
	o, kinds, err := parseOptions()
	if err != nil {
		return err
	}
	var record *json.Encoder
	if o.record != "" {
		file, err := os.Create(o.record)
		if err != nil {
			return err
		}
		defer file.Close()
		record = json.NewEncoder(file)
	}

	connecting, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	client, err := Connect(connecting, o.server)
	if err != nil {
		return err
	}
	defer client.Close()
	session, err := client.CreateSession(context.Background(),
		&spikedpb.CreateSessionRequest{DisplayName: "pong, " + o.players, Seed: &o.seed})
	if err != nil {
		return err
	}
	defer session.Delete(context.Background())

	// Ctrl-C halts the step that is running; the match ends in order.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	defer context.AfterFunc(ctx, func() { session.Halt(context.Background()) })()
	err = play(ctx, session, newMatch(kinds, o.rows, o.seed), o, record)
	if err != nil && session.Lost() {
		return errors.New("the server has restarted, and the match is lost")
	}
	return err
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pong:", err)
		os.Exit(1)
	}
}
