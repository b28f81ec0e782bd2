package main

import (
	"encoding/json"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	spikedpb "spiked.example/client/spiked/v1"
)

// The rules of pong against the vectors that all clients share.

type field struct {
	Ball    [4]float64
	Paddles [2]float64
	Score   [2]int
}

type vectors struct {
	Numbers []string
	Random  []struct {
		Seed    string
		Next    []string
		Uniform []float64
	}
	Winners struct {
		Seed  string
		Draws []struct {
			Counts []uint64
			Winner int
		}
		Then string
	}
	Rewards struct {
		Rows  int
		Polls []struct {
			Row, Winner int
			BareReward  float64 `json:"bare_reward"`
			Reward      float64
			MeanReward  float64 `json:"mean_reward"`
		}
	}
	RewardCurrents []struct {
		Counts    []uint64
		Row       int
		CurrentPa float64 `json:"current_pa"`
	} `json:"reward_currents"`
	InputStamps []struct {
		Player  string
		StartMs float64   `json:"start_ms"`
		TimesMs []float64 `json:"times_ms"`
	} `json:"input_stamps"`
	Games []struct {
		Rows  int
		Seed  string
		Start field
		Polls []struct {
			field
			Winners [2]int
		}
	}
	Matches []struct {
		Players [2]string
		Rows    int
		Seed    string
		Presets [2]json.RawMessage
		Polls   []struct {
			Request json.RawMessage
			Counts  [2][]uint64
			Weights [][]float64
			Record  string
		}
	}
}

func load(t *testing.T) *vectors {
	text, err := os.ReadFile("../pong/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	v := &vectors{}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
	return v
}

func parseSeed(t *testing.T, text string) uint64 {
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s is %v, not %v", what, got, want)
	}
}

func TestNumbersAreWrittenAsTheVectorsSay(t *testing.T) {
	for _, text := range load(t).Numbers {
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatal(err)
		}
		written, _ := json.Marshal(value)
		equal(t, "number", string(written), text)
	}
}

func TestRandomNumbersFollowFromTheSeed(t *testing.T) {
	for _, stream := range load(t).Random {
		bits := splitMix64{parseSeed(t, stream.Seed)}
		for _, next := range stream.Next {
			equal(t, "next", strconv.FormatUint(bits.next(), 10), next)
		}
		numbers := splitMix64{parseSeed(t, stream.Seed)}
		for _, uniform := range stream.Uniform {
			equal(t, "uniform", numbers.uniform(), uniform)
		}
	}
}

func TestANumberIsDrawnForAWinnerOnlyIfThereIsATie(t *testing.T) {
	winners := load(t).Winners
	random := splitMix64{parseSeed(t, winners.Seed)}
	for _, draw := range winners.Draws {
		equal(t, "winner", winnerOf(draw.Counts, &random), draw.Winner)
	}
	equal(t, "next", strconv.FormatUint(random.next(), 10), winners.Then)
}

func TestRewardsAreRelativeToWhatWasExpected(t *testing.T) {
	v := load(t)
	history := rewardHistory{make([]float64, v.Rewards.Rows)}
	for _, poll := range v.Rewards.Polls {
		bare := bareReward(max(poll.Winner-poll.Row, poll.Row-poll.Winner))
		equal(t, "bare reward", bare, poll.BareReward)
		equal(t, "reward", history.add(poll.Row, bare), poll.Reward)
		equal(t, "mean reward", history.meanReward(), poll.MeanReward)
	}
	for _, c := range v.RewardCurrents {
		equal(t, "current", rewardCurrentPa(c.Counts, c.Row), c.CurrentPa)
	}
}

func TestPlayersAreShownTheBallInTime(t *testing.T) {
	for _, input := range load(t).InputStamps {
		equal(t, "stamps", inputStamps(input.Player, input.StartMs), input.TimesMs)
	}
}

func TestGamesGoAsTheVectorsSay(t *testing.T) {
	for _, game := range load(t).Games {
		match := newMatch([2]string{"r", "r"}, game.Rows, parseSeed(t, game.Seed))
		now := func() field {
			b := match.ball
			return field{[4]float64{b.x, b.y, b.dx, b.dy}, match.paddles, match.score}
		}
		equal(t, "field", now(), game.Start)
		for _, poll := range game.Polls {
			var counts [2][]uint64
			for side := range counts {
				counts[side] = make([]uint64, game.Rows)
				counts[side][poll.Winners[side]] = 1
			}
			match.play(counts)
			equal(t, "field", now(), poll.field)
		}
	}
}

// equalMessage compares with a message in the JSON of Protocol Buffers.
func equalMessage(t *testing.T, got proto.Message, text []byte) {
	t.Helper()
	want := got.ProtoReflect().New().Interface()
	if err := protojson.Unmarshal(text, want); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(got, want) {
		t.Fatalf("%v is not %v", got, want)
	}
}

func TestMatchesExchangeAndRecordWhatTheVectorsSay(t *testing.T) {
	for _, vector := range load(t).Matches {
		match := newMatch(vector.Players, vector.Rows, parseSeed(t, vector.Seed))
		for side, preset := range vector.Presets {
			equalMessage(t, playerPreset(vector.Players[side], vector.Rows), preset)
		}
		for _, v := range vector.Polls {
			equalMessage(t, pollRequest(match, v.Weights != nil), v.Request)
			poll := match.play(v.Counts)
			if v.Weights != nil {
				answer := &spikedpb.StepResponse{}
				for _, weights := range v.Weights {
					shape := &spikedpb.MatrixShape{Rows: uint32(vector.Rows), Columns: uint32(vector.Rows)}
					answer.Weights = append(answer.Weights, &spikedpb.Weights{Shape: shape, Weights: weights})
				}
				poll.Weights = playerWeights(answer)
			}
			var line strings.Builder
			if err := json.NewEncoder(&line).Encode(poll); err != nil {
				t.Fatal(err)
			}
			equal(t, "record", line.String(), v.Record+"\n")
		}
	}
}
