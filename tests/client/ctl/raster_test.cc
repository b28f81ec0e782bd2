#include "client/ctl/raster.h"

#include <algorithm>
#include <string>

#include "gmock/gmock.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace spiked::ctl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

v1::WatchSessionResponse Frame(const std::string& text) {
  v1::WatchSessionResponse frame;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &frame)) << text;
  return frame;
}

TEST(RasterTest, EverySpikeIsADot) {
  Raster raster(100);
  raster.Add(Frame(R"pb(
    state: SESSION_STATE_BUSY
    populations { population: "net/E" size: 4 recorded: true }
    populations { population: "net/dc" size: 1 })pb"));
  raster.Add(Frame(R"pb(
    time_ms: 100
    speed: 2.5
    lost_frames: 3
    state: SESSION_STATE_BUSY
    spikes {
      population: "net/E"
      times_ms: [ 1, 1, 99 ]
      senders: [ 0, 3, 3 ]
    })pb"));
  // 5 columns of the name, 1, 16 of dots, and the rate.
  EXPECT_EQ(raster.Draw(5 + 16 + 12, 10),
            "100 ms  busy  2.5 times real time  3 frames lost\n"
            "net/E ⡁              ⢀     7.5 Hz\n"
            "      -100 ms      now\n");
}

TEST(RasterTest, WhatHasLeftTheWindowIsForgotten) {
  Raster raster(100);
  raster.Add(Frame("populations { population: 'net/E' size: 1 recorded: true }"));
  raster.Add(Frame("time_ms: 50 spikes { population: 'net/E' times_ms: 10 senders: 0 }"));
  EXPECT_THAT(raster.Draw(80, 10), HasSubstr("20.0 Hz"));
  raster.Add(Frame("begin_time_ms: 50 time_ms: 200"));
  EXPECT_THAT(raster.Draw(80, 10), HasSubstr(" 0.0 Hz"));
  // As has all that a reset takes back.
  raster.Add(Frame(
      "begin_time_ms: 200 time_ms: 210 spikes { population: 'net/E' times_ms: 205 senders: 0 }"));
  raster.Add(Frame("time_ms: 60"));
  EXPECT_THAT(raster.Draw(80, 10), HasSubstr(" 0.0 Hz"));
}

TEST(RasterTest, ItKeepsToItsLines) {
  Raster raster(100);
  v1::WatchSessionResponse frame;
  for (int k = 0; k < 50; ++k) {
    v1::WatchedPopulation* population = frame.add_populations();
    population->set_population("net/population_" + std::to_string(k));
    population->set_size(1 + 1000 * k);
    population->set_recorded(true);
    v1::Spikes* spikes = frame.add_spikes();
    spikes->set_population(population->population());
    spikes->add_times_ms(100);
    spikes->add_senders(1000 * k);
  }
  frame.set_time_ms(100);
  raster.Add(frame);
  for (const size_t lines : {3, 10, 60, 200}) {
    const std::string text = raster.Draw(100, lines);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), static_cast<ptrdiff_t>(lines));
  }
  EXPECT_THAT(raster.Draw(1, 1), Not(""));
}

TEST(RasterTest, ItSaysWhereNothingIsRecorded) {
  Raster raster(100);
  raster.Add(Frame("populations { population: 'net/E' size: 1 }"));
  EXPECT_THAT(raster.Draw(80, 10), HasSubstr("nothing is recorded"));
}

}  // namespace
}  // namespace spiked::ctl
