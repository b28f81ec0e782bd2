#include "client/pong/game.h"

#include <gtest/gtest.h>

#include <cmath>

namespace spiked::pong {
namespace {

constexpr std::array<Move, 2> kStill = {Move::kStay, Move::kStay};

Field FieldWithBall(double x, double y, double dx, double dy) {
  Field field;
  field.ball = {.x = x, .y = y, .dx = dx, .dy = dy};
  return field;
}

TEST(CellOfTest, IsTheFloor) {
  EXPECT_EQ(CellOf(0.0, kFieldHeight, 20), 0);
  EXPECT_EQ(CellOf(0.0499, kFieldHeight, 20), 0);
  EXPECT_EQ(CellOf(0.5, kFieldHeight, 20), 10);
  EXPECT_EQ(CellOf(0.999, kFieldHeight, 20), 19);
  EXPECT_EQ(CellOf(0.8, kFieldLength, kColumns), 16);
}

TEST(CellOfTest, IsBeyondTheLastAtTheVeryTop) { EXPECT_EQ(CellOf(1.0, kFieldHeight, 20), 20); }

TEST(PlaceBallTest, DrawsSpeedThenSignThenHeight) {
  SplitMix64 random(99);
  SplitMix64 expected(99);
  const Ball ball = PlaceBall(kRight, random);
  const double speed = 0.5 + 0.5 * expected.Uniform();
  const double sign = expected.Uniform() < 0.5 ? 1.0 : -1.0;
  const double y = expected.Uniform();
  EXPECT_EQ(ball.x, 0.8);
  EXPECT_EQ(ball.y, y);
  EXPECT_EQ(ball.dx, speed);
  EXPECT_EQ(ball.dy, sign * (1.0 - speed));
  EXPECT_EQ(random.Next(), expected.Next()) << "three numbers, no more";
}

TEST(PlaceBallTest, MovesTowardsTheSideAskedFor) {
  SplitMix64 random(1);
  for (int k = 0; k < 1000; ++k) {
    const Ball left = PlaceBall(kLeft, random);
    EXPECT_LE(left.dx, -0.5);
    EXPECT_GT(left.dx, -1.0);
    const Ball right = PlaceBall(kRight, random);
    EXPECT_GE(right.dx, 0.5);
    EXPECT_LT(right.dx, 1.0);
    EXPECT_DOUBLE_EQ(std::abs(right.dx) + std::abs(right.dy), 1.0);
  }
}

TEST(CollideTest, TurnsTheBallDownAtTheTop) {
  Field field = FieldWithBall(0.8, 1.0 - kBallRadius, 0.7, 0.3);
  EXPECT_EQ(Collide(&field), Outcome::kContinues);
  EXPECT_EQ(field.ball.dy, -0.3);
  EXPECT_EQ(field.ball.dx, 0.7);
}

TEST(CollideTest, TurnsTheBallUpAtTheBottom) {
  Field field = FieldWithBall(0.8, kBallRadius, 0.7, -0.3);
  EXPECT_EQ(Collide(&field), Outcome::kContinues);
  EXPECT_EQ(field.ball.dy, 0.3);
}

TEST(CollideTest, LetsTheBallLeaveABorder) {
  Field top = FieldWithBall(0.8, 0.99, 0.7, -0.3);
  Collide(&top);
  EXPECT_EQ(top.ball.dy, -0.3);
  Field bottom = FieldWithBall(0.8, 0.01, 0.7, 0.3);
  Collide(&bottom);
  EXPECT_EQ(bottom.ball.dy, 0.3);
}

TEST(CollideTest, LeavesTheBallAloneInTheMiddle) {
  Field field = FieldWithBall(0.8, 0.5, -0.6, 0.4);
  const Field before = field;
  EXPECT_EQ(Collide(&field), Outcome::kContinues);
  EXPECT_EQ(field, before);
}

TEST(CollideTest, BouncesOffTheLeftPaddle) {
  Field field = FieldWithBall(kBallRadius, 0.45, -0.7, 0.3);
  EXPECT_EQ(Collide(&field), Outcome::kContinues);
  EXPECT_EQ(field.ball.dx, 0.7);
}

TEST(CollideTest, BouncesOffTheRightPaddle) {
  Field field = FieldWithBall(kFieldLength - kBallRadius, 0.55, 0.7, 0.3);
  EXPECT_EQ(Collide(&field), Outcome::kContinues);
  EXPECT_EQ(field.ball.dx, -0.7);
}

TEST(CollideTest, ThePaddleReachesHalfItsLength) {
  Field inside = FieldWithBall(0.0, 0.25, -0.7, 0.3);
  inside.paddles[kLeft] = 0.25 + 0.0999;
  EXPECT_EQ(Collide(&inside), Outcome::kContinues);
  Field outside = FieldWithBall(0.0, 0.25, -0.7, 0.3);
  outside.paddles[kLeft] = 0.25 + 0.1001;
  EXPECT_EQ(Collide(&outside), Outcome::kRightScores);
}

TEST(CollideTest, AMissOnTheLeftScoresForTheRight) {
  Field field = FieldWithBall(0.02, 0.9, -0.7, 0.3);
  EXPECT_EQ(Collide(&field), Outcome::kRightScores);
}

TEST(CollideTest, AMissOnTheRightScoresForTheLeft) {
  Field field = FieldWithBall(1.59, 0.1, 0.7, 0.3);
  EXPECT_EQ(Collide(&field), Outcome::kLeftScores);
}

TEST(CollideTest, ACornerTurnsTheBallTwice) {
  Field field = FieldWithBall(0.02, 0.98, -0.7, 0.3);
  field.paddles[kLeft] = 0.95;
  EXPECT_EQ(Collide(&field), Outcome::kContinues);
  EXPECT_EQ(field.ball.dx, 0.7);
  EXPECT_EQ(field.ball.dy, -0.3);
}

TEST(MovePaddleTest, MovesByOneStep) {
  EXPECT_EQ(MovePaddle(0.5, Move::kUp), 0.55);
  EXPECT_EQ(MovePaddle(0.5, Move::kDown), 0.45);
  EXPECT_EQ(MovePaddle(0.5, Move::kStay), 0.5);
}

TEST(MovePaddleTest, StaysInTheField) {
  EXPECT_EQ(MovePaddle(0.98, Move::kUp), 1.0);
  EXPECT_EQ(MovePaddle(1.0, Move::kUp), 1.0);
  EXPECT_EQ(MovePaddle(0.02, Move::kDown), 0.0);
  EXPECT_EQ(MovePaddle(0.0, Move::kDown), 0.0);
}

TEST(GameTest, BeginsInTheMiddle) {
  SplitMix64 random(1);
  const Game game(20, random);
  EXPECT_EQ(game.field().ball.x, 0.8);
  EXPECT_GT(game.field().ball.dx, 0.0) << "to the right at first";
  EXPECT_EQ(game.field().score, (std::array<int, 2>{0, 0}));
  EXPECT_EQ(game.ball_column(), 16);
  EXPECT_EQ(game.paddle_row(kLeft), 10);
  EXPECT_EQ(game.paddle_row(kRight), 10);
}

TEST(GameTest, TheBallMovesByItsDirection) {
  SplitMix64 random(3);
  Game game(20, random);
  const Ball before = game.field().ball;
  game.Advance({Move::kUp, Move::kDown}, random);
  const Ball& after = game.field().ball;
  EXPECT_DOUBLE_EQ(after.x, before.x + 0.025 * before.dx);
  EXPECT_DOUBLE_EQ(after.y, before.y + 0.025 * after.dy);
  EXPECT_EQ(game.field().paddles, (std::array<double, 2>{0.55, 0.45}));
}

TEST(GameTest, AMissedBallIsPlacedAnewTowardsThePlayerWhoScored) {
  SplitMix64 random(5);
  Game game(20, random);
  // Paddles at the bottom miss most balls.
  constexpr std::array<Move, 2> kDown = {Move::kDown, Move::kDown};
  int points = 0;
  for (int poll = 0; poll < 20'000; ++poll) {
    const std::array<int, 2> before = game.field().score;
    game.Advance(kDown, random);
    const Field& field = game.field();
    if (field.score == before) continue;
    ++points;
    EXPECT_EQ(field.ball.x, 0.8);
    EXPECT_EQ(field.score[kLeft] > before[kLeft], field.ball.dx < 0.0);
    EXPECT_EQ(field.score[kLeft] + field.score[kRight], points);
  }
  EXPECT_GT(points, 50);
}

TEST(GameTest, TheBallNeverLeavesTheField) {
  SplitMix64 random(7);
  Game game(20, random);
  for (int poll = 0; poll < 100'000; ++poll) {
    game.Advance(kStill, random);
    const Ball& ball = game.field().ball;
    ASSERT_GE(ball.x, 0.0);
    ASSERT_LT(ball.x, kFieldLength);
    ASSERT_GE(ball.y, 0.0);
    ASSERT_LT(ball.y, kFieldHeight);
    ASSERT_GE(game.ball_row(), 0);
    ASSERT_LT(game.ball_row(), 20);
  }
}

TEST(GameTest, DrawsChanceOnlyWhenTheBallIsPlaced) {
  SplitMix64 random(11);
  Game game(20, random);
  SplitMix64 copy = random;
  game.Advance(kStill, random);
  EXPECT_EQ(random.Next(), copy.Next());
}

}  // namespace
}  // namespace spiked::pong
