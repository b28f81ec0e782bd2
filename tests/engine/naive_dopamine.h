// Dopaminergic STDP once more, one synapse and one event at a time, by the
// formulas of Izhikevich 2007 and Potjans, Morrison, Diesmann 2010.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "server/engine/time.h"

namespace spiked::engine {

struct DopamineParameters {
  double A_plus = 1, A_minus = 1.5, tau_plus = 20, tau_c = 1000, tau_n = 200, b = 0;
  double Wmin = 0, Wmax = 200, tau_minus = 20;
};

class NaiveDopamineSynapse {
 public:
  // What happens at its ends, and the dopamine spikes by time of arrival.
  struct Events {
    std::vector<Step> pre, post, dopamine;
  };

  NaiveDopamineSynapse(const DopamineParameters& parameters, double weight, Step delay, Step slice,
                       Step deliver_interval, const Events& events)
      : p_(parameters),
        delay_(delay),
        slice_(slice),
        deliver_interval_(deliver_interval),
        events_(events),
        w_(weight) {}

  // Until the end of that slice; what it has emitted is yet to be handed out.
  void AdvanceTo(Step until) {
    for (; now_ < until; now_ += slice_) {
      for (const Step stamp : events_.pre) {
        if (stamp > now_ - slice_ && stamp <= now_) OnPreSpike(stamp);
      }
      for (const Step arrival : events_.dopamine) {
        if (arrival > now_ && arrival <= now_ + slice_) pending_.push_back(arrival);
      }
      if ((now_ / slice_ + 1) % deliver_interval_ == 0) Trigger(now_ + slice_);
    }
  }

  double w() const { return w_; }
  double c() const { return c_; }
  double n() const { return n_; }

 private:
  double Decay(Step steps, double tau) const {
    return std::exp(-0.1 * static_cast<double>(steps) / tau);
  }

  // From at_ to `to` without a dopamine spike.
  void Pass(Step to) {
    const double D = 0.1 * static_cast<double>(to - at_);
    const double s = (p_.tau_c + p_.tau_n) / (p_.tau_c * p_.tau_n);
    w_ -= c_ * (n_ / s * std::expm1(-s * D) - p_.b * p_.tau_c * std::expm1(-D / p_.tau_c));
    w_ = std::clamp(w_, p_.Wmin, p_.Wmax);
    c_ *= std::exp(-D / p_.tau_c);
    n_ *= std::exp(-D / p_.tau_n);
    at_ = to;
  }

  void Advance(Step to) {
    const Step from = at_;
    for (const Step arrival : pending_) {
      if (arrival <= from || arrival > to) continue;
      Pass(arrival);
      n_ += 1 / p_.tau_n;
    }
    Pass(to);
  }

  void CountPosts(Step until) {
    for (const Step post : events_.post) {
      const Step felt = post + delay_;
      if (felt <= last_ || felt > until) continue;
      Advance(felt);
      c_ += p_.A_plus * k_plus_ * Decay(felt - last_, p_.tau_plus);
    }
    Advance(until);
  }

  void Trigger(Step t) {
    CountPosts(t);
    k_plus_ *= Decay(t - last_, p_.tau_plus);
    last_ = t;
    pending_.clear();
  }

  void OnPreSpike(Step t) {
    CountPosts(t);
    for (const Step post : events_.post) {
      if (post < t - delay_) c_ -= p_.A_minus * Decay(t - delay_ - post, p_.tau_minus);
    }
    k_plus_ = k_plus_ * Decay(t - last_, p_.tau_plus) + 1;
    last_ = t;
  }

  DopamineParameters p_;
  Step delay_, slice_, deliver_interval_;
  Events events_;
  std::vector<Step> pending_;  // dopamine spikes since the last trigger
  Step now_ = 0, last_ = 0;
  Step at_ = 0;  // as of when w, c and n are
  double w_, c_ = 0, n_ = 0, k_plus_ = 0;
};

}  // namespace spiked::engine
