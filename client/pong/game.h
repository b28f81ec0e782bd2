// The rules of pong, after the example of NEST (Wunderlich et al. 2019). Pure:
// no networks, no clock, no input or output.
//
// The field is 1.6 long (x, from the left) and 1.0 high (y, from the bottom).
// Positions are in these units; one call of Advance is one poll.
#pragma once

#include <array>
#include <cstddef>

#include "client/pong/random.h"

namespace spiked::pong {

inline constexpr double kFieldLength = 1.6;
inline constexpr double kFieldHeight = 1.0;
// Cells along x. Along y there are as many as a player has neurons.
inline constexpr int kColumns = 32;
inline constexpr double kBallRadius = 0.025;
// Distance a poll, times the ball's direction.
inline constexpr double kBallSpeed = 0.025;
inline constexpr double kPaddleLength = 0.2;
// Distance a poll.
inline constexpr double kPaddleSpeed = 0.05;

// The two ends of the field; also indices of the players.
enum Side : size_t { kLeft = 0, kRight = 1 };
inline constexpr std::array kSides = {kLeft, kRight};

// The cell of a position: floor(position / length * cells). A paddle at the
// very top is in cell `cells`, one above the last.
int CellOf(double position, double length, int cells);

struct Ball {
  double x = 0.0;
  double y = 0.0;
  // Direction (dx, dy) with |dx| in [0.5, 1) and |dx| + |dy| = 1.
  double dx = 0.0;
  double dy = 0.0;

  bool operator==(const Ball&) const = default;
};

// Where a paddle is steered.
enum class Move { kDown = -1, kStay = 0, kUp = 1 };

// The state of a game.
struct Field {
  Ball ball;
  // Height of the middle of each paddle.
  std::array<double, 2> paddles = {kFieldHeight / 2, kFieldHeight / 2};
  // Points of each player.
  std::array<int, 2> score = {0, 0};

  bool operator==(const Field&) const = default;
};

class Game {
 public:
  // Places the ball with numbers from `random`, moving to the right. There are
  // `rows` cells along y.
  Game(int rows, SplitMix64& random);

  const Field& field() const { return field_; }
  int rows() const { return rows_; }

  // Cells of the ball and of a paddle along y, and of the ball along x.
  int ball_row() const { return CellOf(field_.ball.y, kFieldHeight, rows_); }
  int ball_column() const { return CellOf(field_.ball.x, kFieldLength, kColumns); }
  int paddle_row(Side side) const { return CellOf(field_.paddles[side], kFieldHeight, rows_); }

  // The step of one poll: collisions, then the paddles move, then the ball. A
  // ball that a paddle missed scores for the other side and is placed anew, to
  // move towards the player who scored from the next poll on.
  void Advance(std::array<Move, 2> moves, SplitMix64& random);

 private:
  int rows_;
  Field field_;
};

// The parts of a step, for tests.
//
// What has become of the ball at the borders of the field.
enum class Outcome { kContinues, kLeftScores, kRightScores };
// Turns the ball around where it touches a border or a paddle.
Outcome Collide(Field* field);
// Moves a paddle, but not out of the field.
double MovePaddle(double paddle, Move move);
// A ball in the middle, towards `side`. Draws the size of dx, the sign of dy,
// then y.
Ball PlaceBall(Side towards, SplitMix64& random);

}  // namespace spiked::pong
