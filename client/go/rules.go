package main

import "math"

// The rules of pong, see client/pong/README.md. Pure: no server, no clock.
//
// Products that are added to something stand in float64(...), which keeps
// compilers for some processors from fusing the two into one rounding.

const (
	pollMs       = 200.0
	fieldLength  = 1.6
	columns      = 32
	ballRadius   = 0.025
	ballSpeed    = 0.025
	paddleLength = 0.2
	paddleSpeed  = 0.05
)

var bareRewards = []float64{1, 0.7, 0.4, 0.1}

// The two ends of the field; also indices of the players.
const (
	left  = 0
	right = 1
)

var sides = [2]string{"left", "right"}

// splitMix64 is the client's chance.
type splitMix64 struct{ state uint64 }

func (r *splitMix64) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// uniform is in [0, 1).
func (r *splitMix64) uniform() float64 { return float64(r.next()>>11) * 0x1p-53 }

// winnerOf is the neuron with most spikes; of several, one drawn by chance.
func winnerOf(counts []uint64, random *splitMix64) int {
	var best []int
	for neuron, count := range counts {
		switch {
		case len(best) == 0 || count > counts[best[0]]:
			best = []int{neuron}
		case count == counts[best[0]]:
			best = append(best, neuron)
		}
	}
	if len(best) == 1 {
		return best[0]
	}
	return best[int(random.uniform()*float64(len(best)))]
}

func bareReward(distance int) float64 {
	if distance < len(bareRewards) {
		return bareRewards[distance]
	}
	return 0
}

func rewardCurrentPa(counts []uint64, row int) float64 {
	all := 0.0
	for _, count := range counts {
		all += float64(count)
	}
	return min(4800*float64(counts[row])/max(1, all)+100, 1000)
}

// rewardHistory is a player's running mean of the reward for each row.
type rewardHistory struct{ means []float64 }

// add takes a bare reward down; it returns the reward above what was expected.
func (h *rewardHistory) add(row int, bare float64) float64 {
	reward := bare - h.means[row]
	h.means[row] += reward / 2
	return reward
}

func (h *rewardHistory) meanReward() float64 {
	sum := 0.0
	for _, mean := range h.means {
		sum += mean
	}
	return sum / float64(len(h.means))
}

type ball struct{ x, y, dx, dy float64 }

func placeBall(towards int, random *splitMix64) ball {
	speed := 0.5 + float64(0.5*random.uniform())
	sign := 1.0
	if random.uniform() >= 0.5 {
		sign = -1.0
	}
	y := random.uniform()
	dx := speed
	if towards == left {
		dx = -speed
	}
	return ball{x: fieldLength / 2, y: y, dx: dx, dy: sign * (1 - speed)}
}

// Poll is a poll that is over, as it is recorded.
type Poll struct {
	Poll    int         `json:"poll"`
	TimeMs  float64     `json:"time_ms"`
	Ball    PollBall    `json:"ball"`
	Score   [2]int      `json:"score"`
	Left    PlayerPoll  `json:"left"`
	Right   PlayerPoll  `json:"right"`
	Weights *WeightPair `json:"weights,omitempty"`
}

// PollBall is where the ball was.
type PollBall struct {
	X    float64 `json:"x"`
	Y    float64 `json:"y"`
	Cell [2]int  `json:"cell"`
}

// PlayerPoll is a player's part in a poll.
type PlayerPoll struct {
	Paddle     float64  `json:"paddle"`
	Cell       int      `json:"cell"`
	Counts     []uint64 `json:"counts"`
	Winner     int      `json:"winner"`
	Reward     float64  `json:"reward"`
	MeanReward float64  `json:"mean_reward"`
}

// WeightPair holds the weights of both players in pA, a row for each row of the
// field.
type WeightPair struct {
	Left  [][]float64 `json:"left"`
	Right [][]float64 `json:"right"`
}

// earned is what a player is given for a poll, whatever its kind: the reward
// above what was expected, and a current in pA.
type earned struct{ reward, currentPa float64 }

// Match is a match of two players: the game, what they made of it, and the order
// of chance between them. The spikes come from whoever simulates.
type Match struct {
	kinds   [2]string
	rows    int
	ball    ball
	paddles [2]float64
	score   [2]int
	polls   int
	// What the players earned in the last poll, if there was one.
	earned [2]earned

	random    splitMix64
	histories [2]rewardHistory
}

func newMatch(kinds [2]string, rows int, seed uint64) *Match {
	m := &Match{kinds: kinds, rows: rows, paddles: [2]float64{0.5, 0.5}, random: splitMix64{seed}}
	for side := range m.histories {
		m.histories[side].means = make([]float64, rows)
	}
	m.ball = placeBall(right, &m.random)
	return m
}

// timeMs is the biological time at which the next poll begins.
func (m *Match) timeMs() float64 { return pollMs * float64(m.polls) }

// row is the ball's cell along y.
func (m *Match) row() int { return int(math.Floor(m.ball.y * float64(m.rows))) }

// play carries a poll out whose motor spikes are known.
func (m *Match) play(counts [2][]uint64) *Poll {
	row := m.row()
	column := int(math.Floor(m.ball.x / fieldLength * columns))
	poll := &Poll{Poll: m.polls, Ball: PollBall{m.ball.x, m.ball.y, [2]int{column, row}}}
	var moves [2]float64
	for side, player := range []*PlayerPoll{&poll.Left, &poll.Right} {
		player.Paddle = m.paddles[side]
		player.Cell = int(math.Floor(m.paddles[side] * float64(m.rows)))
		player.Counts = counts[side]
		player.Winner = winnerOf(counts[side], &m.random)
		player.Reward = bareReward(max(player.Winner-row, row-player.Winner))
		m.earned[side].reward = m.histories[side].add(row, player.Reward)
		m.earned[side].currentPa = rewardCurrentPa(counts[side], row)
		player.MeanReward = m.histories[side].meanReward()
		switch {
		case player.Winner > player.Cell:
			moves[side] = 1
		case player.Winner < player.Cell:
			moves[side] = -1
		}
	}
	m.advance(moves)
	m.polls++
	poll.TimeMs = m.timeMs()
	poll.Score = m.score
	return poll
}

func (m *Match) advance(moves [2]float64) {
	scorer, scored := m.collide()
	for side := range m.paddles {
		paddle := m.paddles[side] + float64(paddleSpeed*moves[side])
		m.paddles[side] = min(max(paddle, 0), 1)
	}
	if scored {
		m.score[scorer]++
		m.ball = placeBall(scorer, &m.random)
		return
	}
	m.ball.x += float64(ballSpeed * m.ball.dx)
	m.ball.y += float64(ballSpeed * m.ball.dy)
}

// collide turns the ball around at borders and paddles; it tells who scores, if
// anybody does.
func (m *Match) collide() (scorer int, scored bool) {
	b := &m.ball
	reaches := func(side int) bool { return math.Abs(m.paddles[side]-b.y) <= paddleLength/2 }
	if b.y+ballRadius >= 1 {
		b.dy = -math.Abs(b.dy)
	} else if b.y-ballRadius <= 0 {
		b.dy = math.Abs(b.dy)
	}
	if b.x-ballRadius <= 0 {
		if !reaches(left) {
			return right, true
		}
		b.dx = math.Abs(b.dx)
	} else if b.x+ballRadius >= fieldLength {
		if !reaches(right) {
			return left, true
		}
		b.dx = -math.Abs(b.dx)
	}
	return 0, false
}
