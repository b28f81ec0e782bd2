// The rules of neurons and of delivery once more, in the plainest way: one
// neuron, one step and one spike at a time. What the engine computes must agree
// to the last bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/engine/math/exp.h"
#include "server/engine/time.h"

namespace spiked::engine {

// A neuron of iaf_psc_exp, iaf_psc_alpha or iaf_psc_delta.
class NaiveNeuron {
 public:
  // Parameters that are not given have their defaults.
  explicit NaiveNeuron(const std::map<std::string, double>& parameters = {}, double h = 0.1,
                       const std::string& model = "iaf_psc_exp")
      : alpha_(model == "iaf_psc_alpha"), delta_(model == "iaf_psc_delta") {
    const auto get = [&](const char* name, double otherwise) {
      const auto it = parameters.find(name);
      return it == parameters.end() ? otherwise : it->second;
    };
    const double C = get("C_m", 250), tau_m = get("tau_m", 10);
    const auto synapse = [&](double tau, double* p11, double* p21) {
      *p11 = Exp(-h / tau);
      const double beta = tau * tau_m / (tau_m - tau);
      const double inverse_beta = (tau_m - tau) / (tau * tau_m);
      *p21 = beta / C * *p11 * Expm1(h * inverse_beta);
      if (!std::isnormal(*p21) || *p21 < 0) *p21 = h / C * Exp(-h / tau_m);
    };
    synapse(get("tau_syn_ex", 2), &p11_ex_, &p21_ex_);
    synapse(get("tau_syn_in", 2), &p11_in_, &p21_in_);
    p22_ = Exp(-h / tau_m);
    p20_ = tau_m / C * (1.0 - p22_);
    i_e_ = get("I_e", 0);
    e_l_ = get("E_L", -70);
    v_ = get("V_m", e_l_) - e_l_;
    theta_ = get("V_th", -55) - e_l_;
    reset_ = get("V_reset", -70) - e_l_;
    refractory_steps_ = std::llround(get("t_ref", 2) / h);
    floor_ = get("V_min", -INFINITY) - e_l_;
    if (delta_) p20_ = 1 / C * (1 - p22_) * tau_m;
    if (!alpha_) return;
    const auto slope = [&](double tau, double* p31, double* rise) {
      const double beta = tau * tau_m / (tau_m - tau), inverse_beta = (tau_m - tau) / (tau * tau_m);
      *p31 = h > 1e-7 * tau_m * tau_m / std::abs(tau_m - tau)
                 ? beta / C * Exp(-h * (1 / tau)) * (beta * Expm1(h * inverse_beta) - h)
                 : h * h / 2 / C * Exp(-h * (1 / tau_m));
      *rise = 2.718281828459045 / tau;
    };
    slope(get("tau_syn_ex", 2), &p31_ex_, &rise_ex_);
    slope(get("tau_syn_in", 2), &p31_in_, &rise_in_);
    em1_ = Expm1(-h / tau_m);
    p20_ = -tau_m / C * em1_;
    h_ = h;
  }

  // One step that `current` drives and at whose end `weights` arrive, in that
  // order. Whether the neuron fires.
  bool Step(const std::vector<double>& weights, double current = 0.0) {
    double all = 0;
    for (const double weight : weights) all += weight;
    if (refractory_ > 0) {
      --refractory_;
    } else if (delta_) {
      v_ = std::max(floor_, (i_e_ + current) * p20_ + p22_ * v_ + all);
    } else if (alpha_) {
      v_ = std::max(floor_, (i_e_ + current) * p20_ + p31_ex_ * slope_ex_ + p21_ex_ * i_ex_ +
                                p31_in_ * slope_in_ + p21_in_ * i_in_ + em1_ * v_ + v_);
    } else {
      v_ = v_ * p22_ + i_ex_ * p21_ex_ + i_in_ * p21_in_ + (i_e_ + current) * p20_;
    }
    i_ex_ = alpha_ ? h_ * p11_ex_ * slope_ex_ + p11_ex_ * i_ex_ : i_ex_ * p11_ex_;
    i_in_ = alpha_ ? h_ * p11_in_ * slope_in_ + p11_in_ * i_in_ : i_in_ * p11_in_;
    slope_ex_ *= p11_ex_;
    slope_in_ *= p11_in_;
    // What arrives together is summed by itself, and then added.
    double ex = 0, in = 0;
    for (const double weight : weights) (weight > 0 ? ex : in) += weight;
    if (alpha_) {
      slope_ex_ += rise_ex_ * ex;
      slope_in_ += rise_in_ * in;
    } else if (!delta_) {
      i_ex_ += ex;
      i_in_ += in;
    }
    if (v_ < theta_) return false;
    v_ = reset_;
    refractory_ = refractory_steps_;
    return true;
  }

  double V_m() const { return v_ + e_l_; }
  double I_syn_ex() const { return i_ex_; }
  double I_syn_in() const { return i_in_; }

 private:
  double p11_ex_, p11_in_, p20_, p21_ex_, p21_in_, p22_;
  double i_e_, e_l_, theta_, reset_;
  int64_t refractory_steps_;
  double v_, i_ex_ = 0, i_in_ = 0;
  int64_t refractory_ = 0;
  bool alpha_, delta_;
  double floor_ = 0, p31_ex_ = 0, p31_in_ = 0, rise_ex_ = 0, rise_in_ = 0, em1_ = 0, h_ = 0;
  double slope_ex_ = 0, slope_in_ = 0;
};

// Generators and the neurons that they and the neurons drive.
struct NaiveNetwork {
  struct Connection {
    uint32_t source;  // generators are numbered first, then neurons
    uint32_t target;  // neuron
    double weight;
    Step delay;
  };

  std::vector<std::vector<Step>> trains;  // of the generators
  std::vector<NaiveNeuron> neurons;
  std::vector<Connection> connections;  // in order of creation
  std::vector<double> V_m;              // of all neurons after each step

  // The stamps of each neuron until then, which must be a slice's end. Spikes are handed out slice
  // by slice, in the order of their senders.
  std::vector<std::vector<Step>> Run(Step until) {
    Step slice = until;
    for (const Connection& c : connections) slice = std::min(slice, c.delay);
    std::vector<std::map<Step, std::vector<double>>> arrivals(neurons.size());
    std::vector<std::vector<Step>> stamps(neurons.size());
    for (Step begin = 0; begin < until; begin += slice) {
      std::vector<std::vector<Step>> emitted = trains;
      for (auto& train : emitted) {
        std::erase_if(train, [&](Step s) { return s <= begin || s > begin + slice; });
      }
      emitted.resize(trains.size() + neurons.size());
      for (Step step = begin + 1; step <= begin + slice; ++step) {
        for (uint32_t k = 0; k < neurons.size(); ++k) {
          const auto weights = arrivals[k].extract(step);
          if (neurons[k].Step(weights ? weights.mapped() : std::vector<double>())) {
            emitted[trains.size() + k].push_back(step);
          }
          V_m.push_back(neurons[k].V_m());
        }
      }
      for (uint32_t sender = 0; sender < emitted.size(); ++sender) {
        for (const Step stamp : emitted[sender]) {
          for (const Connection& c : connections) {
            if (c.source == sender) arrivals[c.target][stamp + c.delay].push_back(c.weight);
          }
          if (sender >= trains.size()) stamps[sender - trains.size()].push_back(stamp);
        }
      }
    }
    return stamps;
  }
};

}  // namespace spiked::engine
