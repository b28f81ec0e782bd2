#include "client/pong/game.h"

#include <algorithm>
#include <cmath>

namespace spiked::pong {

int CellOf(double position, double length, int cells) {
  return static_cast<int>(std::floor(position / length * cells));
}

Game::Game(int rows, SplitMix64& random) : rows_(rows) { field_.ball = PlaceBall(kRight, random); }

void Game::Advance(std::array<Move, 2> moves, SplitMix64& random) {
  const Outcome outcome = Collide(&field_);
  for (const Side side : kSides)
    field_.paddles[side] = MovePaddle(field_.paddles[side], moves[side]);
  if (outcome == Outcome::kContinues) {
    field_.ball.x += kBallSpeed * field_.ball.dx;
    field_.ball.y += kBallSpeed * field_.ball.dy;
    return;
  }
  const Side scorer = outcome == Outcome::kLeftScores ? kLeft : kRight;
  ++field_.score[scorer];
  field_.ball = PlaceBall(scorer, random);
}

Outcome Collide(Field* field) {
  Ball& ball = field->ball;
  if (ball.y + kBallRadius >= kFieldHeight) {
    ball.dy = -std::abs(ball.dy);
  } else if (ball.y - kBallRadius <= 0.0) {
    ball.dy = std::abs(ball.dy);
  }
  const auto reaches = [&](Side side) {
    return std::abs(field->paddles[side] - ball.y) <= kPaddleLength / 2;
  };
  if (ball.x - kBallRadius <= 0.0) {
    if (!reaches(kLeft)) return Outcome::kRightScores;
    ball.dx = std::abs(ball.dx);
  } else if (ball.x + kBallRadius >= kFieldLength) {
    if (!reaches(kRight)) return Outcome::kLeftScores;
    ball.dx = -std::abs(ball.dx);
  }
  return Outcome::kContinues;
}

double MovePaddle(double paddle, Move move) {
  return std::clamp(paddle + kPaddleSpeed * static_cast<int>(move), 0.0, kFieldHeight);
}

Ball PlaceBall(Side towards, SplitMix64& random) {
  // One statement each: the order of the draws is part of the rules.
  const double speed = 0.5 + 0.5 * random.Uniform();
  const double sign = random.Uniform() < 0.5 ? 1.0 : -1.0;
  const double y = random.Uniform() * kFieldHeight;
  return {.x = kFieldLength / 2,
          .y = y,
          .dx = towards == kRight ? speed : -speed,
          .dy = sign * (1.0 - speed)};
}

}  // namespace spiked::pong
