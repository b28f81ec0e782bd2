"""Current sources."""

from __future__ import annotations

from typing import Any

import numpy as np
from pyNN.parameters import ParameterSpace, Sequence
from pyNN.standardmodels import build_translations, electrodes

from spiked import rules
from spiked._columns import Floats
from spiked.pynn import _simulator as simulator
from spiked.pynn._parts import Bundle, Group
from spiked.pynn.populations import Assembly, cells_of, check_bounds, columns_of


class _CurrentSource:
    """A generator of the server, and whom it drives."""

    server_model: str
    _group: Group

    def __init__(self, **parameters: Any) -> None:
        super().__init__(**parameters)
        state = simulator.state
        space = self.native_parameters  # type: ignore[attr-defined]
        space.shape = (1,)
        group = Group(
            state.free_name(type(self).__name__),
            self.server_model,
            1,
            self._checked(columns_of(space, 1)),
            to_grid=state.to_grid,
            lead_ms=state.dt,  # after which its current acts
        )
        self._group = group

    def inject_into(self, cells: Any) -> None:
        """Injects the current into a population, view, assembly or list of cells."""
        state = simulator.state
        group: Group = self._group
        if isinstance(cells, (list, tuple, np.ndarray)):
            cells = Assembly(*(cell.as_view() for cell in cells))
        for population, indices in cells_of(cells):
            if not population.celltype.injectable:
                raise TypeError("Can't inject current into a spike source.")
            if group not in state.groups:
                state.groups.append(group)
            state.bundles.append(
                Bundle(
                    state.free_name(f"{group.name}_{population.group.name}"),
                    group,
                    population.group,
                    rules.all_to_all(),
                    "static_synapse",
                    1.0,
                    state.dt,
                    {},
                    target_cells=None if len(indices) == population.size else indices,
                )
            )

    def set_native_parameters(self, parameters: ParameterSpace) -> None:
        """Sets parameters in the server's units, from now on."""
        given = {**self._group.values, **columns_of(parameters, 1)}
        for name, column in self._checked(given).items():
            if name == "dt" and self._group.built and column != self._group.values["dt"]:
                simulator.state.build_anew("setting dt of a current source")
            self._group.set(name, np.array([0]), column)

    def _checked(self, values: dict[str, Any]) -> dict[str, Any]:
        check_bounds(values, self, type(self).__name__)
        return values

    def get_native_parameters(self) -> ParameterSpace:
        """Parameters in the server's units."""
        values = {
            name: Sequence(column[0]) if column.dtype == object else float(column[0])
            for name, column in self._group.values.items()
        }
        return ParameterSpace(values, shape=(1,))

    def get_parameters(self) -> dict[str, Any]:
        """Parameters in PyNN's units."""
        space = super().get_parameters()  # type: ignore[misc]
        space.evaluate(simplify=True)
        return {
            name: value.value if isinstance(value, Sequence) else float(value)
            for name, value in space.as_dict().items()
        }

    def record(self) -> None:
        """What is injected is not recorded."""
        raise NotImplementedError(f"spiked.pynn does not record {type(self).__name__}")

    def _get_data(self) -> tuple[Floats, Floats]:
        raise NotImplementedError(f"spiked.pynn does not record {type(self).__name__}")


class DCSource(_CurrentSource, electrodes.DCSource):
    """A current in nA from `start` to `stop`."""

    # One with two steps, since the current of a dc_generator acts a step later.
    server_model = "step_current_generator"
    translations = build_translations(
        ("amplitude", "amplitude", 1000.0), ("start", "start"), ("stop", "stop")
    )


class StepCurrentSource(_CurrentSource, electrodes.StepCurrentSource):
    """Currents in nA, each from its time on."""

    server_model = "step_current_generator"
    translations = build_translations(
        ("amplitudes", "amplitude_values", 1000.0), ("times", "amplitude_times")
    )

    def _checked(self, values: dict[str, Any]) -> dict[str, Any]:
        """Times on the grid; where several fall on one, the last amplitude holds."""
        times, amplitudes = values["amplitude_times"][0], values["amplitude_values"][0]
        if len(times) != len(amplitudes):
            raise ValueError(
                f"there must be an amplitude for each of {len(times)} times, not {len(amplitudes)}"
            )
        if np.any(times < 0) or np.any(np.diff(times) < 0):
            raise ValueError("times must ascend from 0 ms")
        on_grid = simulator.state.to_grid(times)
        last = np.append(np.diff(on_grid) > 0, [True] * (len(times) > 0))
        return {
            "amplitude_times": _listed(on_grid[last]),
            "amplitude_values": _listed(amplitudes[last]),
        }


class NoisyCurrentSource(_CurrentSource, electrodes.NoisyCurrentSource):
    """Gaussian noise, drawn anew every `dt`; each cell gets noise of its own."""

    server_model = "noise_generator"
    translations = build_translations(
        ("mean", "mean", 1000.0),
        ("stdev", "std", 1000.0),
        ("start", "start"),
        ("stop", "stop"),
        ("dt", "dt"),
    )

    def _checked(self, values: dict[str, Any]) -> dict[str, Any]:
        """`dt` is at least a time step, which PyNN's default may be less than."""
        state = simulator.state
        interval = np.maximum(values["dt"], state.dt)
        if np.any(np.abs(interval - state.to_grid(interval)) > 1e-6 * state.dt):
            raise ValueError(
                f"dt must be a multiple of the time step, {state.dt} ms, not {interval[0]!r}"
            )
        return super()._checked({**values, "dt": interval})


def _listed(values: Floats) -> Any:
    """A parameter of one generator which is a list."""
    column = np.empty(1, object)
    column[0] = values
    return column
