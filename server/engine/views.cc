#include "server/engine/views.h"

#include "server/engine/runtime.h"

namespace spiked::engine {

void SynapseView::CopySources(uint32_t* to) const {
  if (size_ == 0) return;
  const Synapses& synapses = projection_->synapses;
  const uint32_t end = first_ + size_;
  uint32_t next = first_;
  for (uint32_t row = synapses.RowOf(first_); next < end; ++row) {
    const uint32_t row_end = std::min(synapses.row_end(row), end);
    to = std::fill_n(to, row_end - next, row);
    next = row_end;
  }
}

void SynapseView::CopyTargets(uint32_t* to) const {
  std::copy_n(projection_->synapses.targets().begin() + first_, size_, to);
}

void SynapseView::CopyWeights(double* to) const {
  const Synapses& synapses = projection_->synapses;
  if (synapses.shared_weight()) {
    std::fill_n(to, size_, synapses.weight(0));
  } else {
    std::copy_n(synapses.weights_from(first_), size_, to);
  }
}

void SynapseView::CopyVariable(size_t variable, double* to) const {
  for (uint32_t k = 0; k < size_; ++k) {
    to[k] = projection_->rule->Variable(variable, first_ + k);
  }
}

}  // namespace spiked::engine
