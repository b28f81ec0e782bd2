package main

import (
	"fmt"

	"google.golang.org/protobuf/types/known/structpb"

	spikedpb "spiked.example/client/spiked/v1"
)

// How a match of pong looks in the messages of the contract.

const (
	rewardCurrentMs = 32.0
	inputSpikes     = 20
	inputIntervalMs = 10.0
)

func isDopaminergic(kind string) bool { return kind == "d" || kind == "dn" }
func isNoisy(kind string) bool        { return kind == "rn" || kind == "dn" }

// playerPreset is the network of a player.
func playerPreset(kind string, rows int) *spikedpb.PresetChoice {
	name := "pong/rstdp"
	if isDopaminergic(kind) {
		name = "pong/dopamine"
	}
	return &spikedpb.PresetChoice{Name: name, Options: &structpb.Struct{Fields: map[string]*structpb.Value{
		"num_neurons": structpb.NewNumberValue(float64(rows)),
		"noise":       structpb.NewBoolValue(isNoisy(kind)),
	}}}
}

// inputStamps tells when a player is shown the ball in a poll that begins at
// startMs. The late ones fall into the next poll, where new input replaces them.
func inputStamps(kind string, startMs float64) []float64 {
	first := startMs + 1
	if isDopaminergic(kind) {
		first = startMs + rewardCurrentMs
	}
	stamps := make([]float64, inputSpikes)
	for k := range stamps {
		stamps[k] = first + float64(inputIntervalMs*float64(k))
	}
	return stamps
}

func number(value float64) *spikedpb.Value {
	return &spikedpb.Value{Kind: &spikedpb.Value_Number{Number: value}}
}

// pollRequest is the one step of the next poll: the rewards of the last one, the
// input for the ball's cell, 200 ms, and the motor neurons' spike counts.
func pollRequest(m *Match, readWeights bool) *spikedpb.StepRequest {
	now, duration := m.timeMs(), pollMs
	request := &spikedpb.StepRequest{ExpectedTimeMs: &now, DurationMs: &duration, Readout: &spikedpb.Readout{}}
	for side, network := range sides {
		if m.polls == 0 {
			break
		}
		if isDopaminergic(m.kinds[side]) {
			request.Inputs = append(request.Inputs, &spikedpb.Input{
				Population: network + "/dopa_current",
				Kind: &spikedpb.Input_DeviceParameters{DeviceParameters: &spikedpb.DeviceParameters{
					Parameters: map[string]*spikedpb.Value{
						"amplitude": number(m.earned[side].currentPa),
						"start":     number(now),
						"stop":      number(now + rewardCurrentMs),
					}}},
			})
		} else {
			request.Rewards = append(request.Rewards, &spikedpb.Reward{Target: network, Value: m.earned[side].reward})
		}
	}
	for side, network := range sides {
		senders := make([]uint32, inputSpikes)
		for k := range senders {
			senders[k] = uint32(m.row())
		}
		request.Inputs = append(request.Inputs, &spikedpb.Input{
			Population: network + "/input",
			Kind: &spikedpb.Input_SpikeTrains{SpikeTrains: &spikedpb.SpikeTrains{
				Senders: senders,
				TimesMs: inputStamps(m.kinds[side], now),
			}},
		})
		request.Readout.SpikeCounts = append(request.Readout.SpikeCounts, network+"/motor")
		if readWeights {
			request.Readout.Weights = append(request.Readout.Weights, network+"/input_motor")
		}
	}
	return request
}

// motorCounts are the spike counts of both players in the answer. It fails if
// somebody halted the step.
func motorCounts(answer *spikedpb.StepResponse) (counts [2][]uint64, err error) {
	if answer.Halted {
		return counts, fmt.Errorf("the step was halted at %v ms: %v", answer.TimeMs, answer.HaltReason)
	}
	for side := range counts {
		counts[side] = answer.SpikeCounts[side].Counts
	}
	return counts, nil
}

// playerWeights are the weights of both players in the answer.
func playerWeights(answer *spikedpb.StepResponse) *WeightPair {
	return &WeightPair{Left: matrix(answer.Weights[left]), Right: matrix(answer.Weights[right])}
}

func matrix(weights *spikedpb.Weights) [][]float64 {
	columns := int(weights.Shape.Columns)
	rows := make([][]float64, weights.Shape.Rows)
	for row := range rows {
		rows[row] = weights.Weights[row*columns : (row+1)*columns]
	}
	return rows
}
