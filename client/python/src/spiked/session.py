"""A session: one simulation clock with the networks on it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, TypeVar

from spiked import _plans, _requests, saved, watch
from spiked._columns import Floats
from spiked._connection import Connection
from spiked._handles import SessionHandle
from spiked._interrupt import OnInterrupt
from spiked._plans import Plan, SessionPlans
from spiked._progress import Progress
from spiked._requests import Source
from spiked.errors import SpikedError
from spiked.inputs import Inputs, Rewards
from spiked.network import Address, Network
from spiked.parameters import Settings
from spiked.readout import ReadoutLike
from spiked.recording import Recordings
from spiked.selection import Neurons
from spiked.session_info import SessionInfo
from spiked.signals import Signals
from spiked.specification import SpecificationLike
from spiked.spikes import Spikes
from spiked.step_result import StepResult, interrupted
from spiked.stream import StepStream
from spiked.v1 import session_pb2
from spiked.watch import Watch
from spiked.weight_record import WeightRecord
from spiked.weights import Weights

T = TypeVar("T")


class Session(SessionHandle):
    """A handle on a session of a server; ``client.create_session`` makes one.

    Populations, projections and multimeters are addressed as ``"network/name"``, or by the
    part itself (``network["E"]``). Times and durations are in ms of biological time, on the
    grid of the resolution. All calls block; several threads may use one session, and the
    server carries their commands out one by one. A command that fails raises a
    :class:`spiked.SpikedError` and leaves the session as it was.

    As a context manager, a session that was created is deleted at the end, one that was
    attached to is left alone. Dropping the handle leaves the session on the server.
    """

    def __init__(
        self, connection: Connection, message: session_pb2.Session, *, owned: bool
    ) -> None:
        self._connection = connection
        super().__init__(SessionPlans(connection, message))
        self._owned = owned

    # -- The session itself

    def info(self) -> SessionInfo:
        """State, time, networks and size; answered at once, also while the session steps."""
        return self._run(self._plans.get_info())

    @property
    def time_ms(self) -> float:
        """Biological time in ms, as the server tells it; also while the session steps."""
        return self.info().time_ms

    def delete(self) -> None:
        """Closes the session and frees what it holds; a step that is running is stopped."""
        self._run(self._plans.delete())

    def save(self, path: str | os.PathLike[str]) -> None:
        """Writes all that the session is to a file; ``client.restore_session`` goes on from it.

        Networks, weights, recordings, spikes under way. A file that is there is replaced when
        the new one is whole.
        """
        saved.write(path, self._run(self._plans.save()))

    def fork(
        self,
        session_id: str = "",
        *,
        display_name: str = "",
        labels: Mapping[str, str] | None = None,
        ttl_s: float | None = None,
        durability: str | None = None,
    ) -> Session:
        """Opens a session that goes on from where this one is; both go on.

        What is not given is as this one has it, or as in ``client.create_session``.
        """
        message = self._run(self._plans.fork(session_id, display_name, labels, ttl_s, durability))
        return Session(self._connection, message, owned=True)

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if not self._owned:
            return
        try:
            self.delete()
        except SpikedError:
            # The error that ended the block, or the session itself, says more.
            if kind is None:
                raise

    # -- Networks

    def create_network(self, name: str, source: Source, **options: Any) -> Network:
        """Adds a network to the session.

        `source` is the name of a preset (``"pong/rstdp"``; with options such as
        ``num_neurons=20, noise=True``, see ``client.presets``), a
        :class:`spiked.NetworkSpecification`, or a dictionary (see
        :meth:`spiked.NetworkSpecification.from_dict`). Parts of the network are then
        addressed as ``"name/part"``.
        """
        return self._run(self._plans.create_network(name, source, options))

    def extend_network(self, name: str, additions: SpecificationLike) -> Network:
        """Adds populations, projections and multimeters to a network, also after it has run.

        `additions` is what ``create_network`` takes but presets; its projections and multimeters
        may refer to populations that the network has: put it together by
        ``spiked.NetworkSpecification(extends=network)``. Returns the network with its additions.
        """
        return self._run(self._plans.extend_network(name, additions))

    def delete_network(self, name: str) -> None:
        """Takes a network out of the session, with all that was recorded of it."""
        self._run(self._plans.delete_network(name))

    def validate_network(self, name: str, source: Source, **options: Any) -> Network:
        """What ``create_network`` would make, and how large; checks it, but builds nothing."""
        return self._run(self._plans.validate_network(name, source, options))

    def network(self, name: str) -> Network:
        """A network of the session, as the server resolved it: presets written out."""
        return self._run(self._plans.get_network(name))

    def networks(self) -> dict[str, Network]:
        """All networks of the session by name."""
        return self._run(self._plans.networks())

    # -- Driving it

    def step(
        self,
        duration_ms: float,
        *,
        inputs: Inputs | None = None,
        rewards: Rewards | None = None,
        read: ReadoutLike | None = None,
        expected_time_ms: float | None = None,
        request_id: str | None = None,
        timeout_s: float | None = None,
        progress: bool | None = None,
    ) -> StepResult:
        """Lets time pass: rewards, then inputs, then the time, then the readout.

        `duration_ms` is a whole number of steps of the resolution; 0 only applies rewards and
        inputs. `inputs` gives devices new input (``{"net/drive": {"rate": 8000.0}}``, see
        :mod:`spiked.inputs`), `rewards` rewards for the time gone by (``{"net": 0.5}``),
        `read` says what to read out (``{"spikes": ["net/E"], "weights": "net/E_I"}``, or parts
        such as ``[net["E"]]``). With `expected_time_ms` the step is refused
        (:class:`spiked.TimeMismatch`) if the session is at another time. A step
        with the `request_id` (a UUID) of one that was carried out is given its answer again,
        and carried out no more; so whoever did not live to see it can ask. After `timeout_s`
        seconds of wall time the step is halted (:class:`spiked.DeadlineExceeded`). `progress`
        shows a bar with biological and wall time, where the package tqdm is installed; unless
        given, it is shown to people alone, on steps of a second and more that take long.

        Ctrl-C halts the step and raises :class:`spiked.Interrupted`, a KeyboardInterrupt with
        the result so far; the session may be used on.
        """
        request = _requests.step(
            self.name, duration_ms, inputs, rewards, read, expected_time_ms, request_id
        )
        with Progress(self, duration_ms, progress), OnInterrupt(self.halt) as interrupt:
            result = self._run(self._plans.step(request, timeout_s))
        if interrupt.interrupted:
            raise interrupted(self.name, result)
        return result

    def stream(self) -> StepStream:
        """Opens a stream of steps, the fastest way to close a loop: a round trip a step.

        >>> with session.stream() as stream:  # doctest: +SKIP
        ...     result = stream.step(200, read={"spike_counts": "net/motor"})
        """
        return StepStream(self._connection, self._plans, self.halt)

    def watch(self, read: ReadoutLike | None = None, *, rate_hz: float = 10.0) -> Watch:
        """Watches the session while somebody else drives it, which does not slow it.

        Frame after frame tells what has happened since the one before, at most `rate_hz` times
        a second. `read` is as for :meth:`step`, where in ``spikes`` and ``spike_counts`` ``"*"``
        stands for all recorded populations and ``"network/*"`` for those of a network; unless
        given: all spikes that are recorded. Who takes frames too slowly gets fewer.

        >>> for frame in session.watch():  # doctest: +SKIP
        ...     print(frame.time_ms, frame.speed, frame.spikes["net/E"])
        """
        return Watch(self._connection, watch.to_request(self.name, read, rate_hz))

    def share(self, shares: Mapping[str, str]) -> SessionInfo:
        """Shares the session with these, and nobody else, from now on.

        `shares` says by account, or ``"*"`` for all, what they may do: ``"watch"`` or
        ``"drive"``. Only its owner and admins may share a session, and only with accounts that
        there are (else :class:`spiked.InvalidField`). Returns what the server says of it.
        """
        return self._run(self._plans.share(shares))

    def halt(self) -> bool:
        """Stops the step that is running, from another thread or program.

        The step itself then returns with ``halted`` and how far it came. Returns whether one
        was running.
        """
        return self._run(self._plans.halt())

    def set_input(self, inputs: Inputs) -> float:
        """Gives devices new input from now on (see :mod:`spiked.inputs`); all of it, or none.

        Returns the biological time in ms at which it was applied.
        """
        return self._run(self._plans.set_input(inputs))

    def set_parameters(
        self, populations: Settings | None = None, *, projections: Settings | None = None
    ) -> float:
        """Changes parameters of neurons, devices and synapses, and state variables of neurons.

        All of it, or none (see :mod:`spiked.parameters`): ``{"net/E": {"V_th": -50.0}}``. State
        variables are the recordables of a model, such as ``V_m``. Returns the biological time in
        ms from which it holds.
        """
        return self._run(self._plans.set_parameters(populations, projections))

    def set_recording(
        self, populations: Recordings | None = None, *, projections: Recordings | None = None
    ) -> float:
        """Begins and ends recording spikes of populations and transmitted weights of projections.

        All of it, or none (see :mod:`spiked.recording`): ``{"net/E": True}``. What was recorded
        of these before is forgotten. Returns the biological time in ms after which stamps are
        recorded.
        """
        return self._run(self._plans.set_recording(populations, projections))

    def get_parameters(
        self,
        population: Address,
        names: str | Iterable[str] = (),
        *,
        neurons: Neurons | None = None,
    ) -> dict[str, float | Floats]:
        """Parameters and state variables of a population, or of some of its neurons, by name.

        `names` unless given: all of them. A number where it is the same for all, else an array
        with one for each.
        """
        return self._run(self._plans.get_parameters("population", population, names, neurons))

    def get_synapse_parameters(
        self, projection: Address, names: str | Iterable[str] = ()
    ) -> dict[str, float | Floats]:
        """Parameters that all synapses of a projection share, by name."""
        return self._run(self._plans.get_parameters("projection", projection, names, None))

    def take_snapshot(self, name: str) -> float:
        """Keeps all that the session is now under a name, for :meth:`reset` to go back to.

        It takes the place of an older one of that name, and of the session's memory. Returns
        its biological time in ms.
        """
        return self._run(self._plans.snapshot(name, forget=False))

    def forget_snapshot(self, name: str) -> None:
        """Forgets what :meth:`take_snapshot` has kept under that name."""
        self._run(self._plans.snapshot(name, forget=True))

    def reset(
        self, *, to_time_0: bool = False, initial_weights: bool = False, snapshot: str = ""
    ) -> float:
        """Forgets all activity: state, spikes under way, inputs to come, traces, recordings.

        Networks, parameters, weights and time stay; with `initial_weights` the weights become
        those of the beginning, with `to_time_0` time does, and what is random repeats itself.
        With `snapshot` all becomes what it was when that was taken, bit for bit.
        Returns the biological time in ms from which the session goes on.
        """
        return self._run(self._plans.reset(to_time_0, initial_weights, snapshot))

    def apply_reward(self, rewards: Rewards) -> float:
        """Rewards ``rstdp_synapse`` for the time since the last reward.

        `rewards` by target: ``"network/projection"``, or ``"network"`` for all of its
        projections of that model. Returns the biological time in ms.
        """
        return self._run(self._plans.apply_reward(rewards))

    # -- Reading it

    def get_spikes(
        self, population: Address, after_ms: float = 0.0, until_ms: float | None = None
    ) -> Spikes:
        """Recorded spikes with stamps in (`after_ms`, `until_ms`]; until now unless given.

        Warns (:class:`spiked.IncompleteRecord`) where spikes of that time were dropped.
        """
        return self._run(self._plans.get_spikes(population, after_ms, until_ms))

    def get_signals(
        self, multimeter: Address, after_ms: float = 0.0, until_ms: float | None = None
    ) -> Signals:
        """Samples of a multimeter at times in (`after_ms`, `until_ms`]; until now unless given.

        Warns (:class:`spiked.IncompleteRecord`) where samples of that time were dropped.
        """
        return self._run(self._plans.get_signals(multimeter, after_ms, until_ms))

    def get_weights(
        self, projection: Address, variables: str | Iterable[str] = (), *, delays: bool = False
    ) -> Weights:
        """Weights of a projection and, as asked for, further `variables` of its synapses.

        Such as ``c`` (eligibility) and ``n`` (dopamine); the recordables of the synapse model
        in ``client.models``. With `delays` the delays come, too. Raises
        :class:`spiked.SpikedError` if the session stepped while the answer was read page by page.
        """
        return self._run(self._plans.get_weights(projection, variables, delays))

    def get_weight_record(
        self, projection: Address, after_ms: float = 0.0, until_ms: float | None = None
    ) -> WeightRecord:
        """Weights that a projection has transmitted, spike by spike.

        By spikes with stamps in (`after_ms`, `until_ms`]; until now unless given. Recorded are
        those of projections with ``record_weights``, or after ``set_recording``. Warns
        (:class:`spiked.IncompleteRecord`) where entries of that time were dropped.
        """
        return self._run(self._plans.get_weight_record(projection, after_ms, until_ms))

    def cut_connections(self, projection: Address, connections: Iterable[int]) -> float:
        """Cuts connections, by their numbers in the order of ``get_weights``, for good.

        They transmit nothing that is emitted from now on; numbers and weights stay. Returns the
        biological time in ms.
        """
        return self._run(self._plans.cut_connections(projection, connections))

    def set_weights(
        self, projection: Address, given: Any, *, connections: Iterable[int] | None = None
    ) -> float:
        """Replaces the weights of a projection, in pA.

        `given` is one number for all, a matrix (sources × targets) or column in the order of
        ``get_weights``, or what ``get_weights`` returned. With `connections`, their numbers in
        that order, only those of these are replaced. More than a million weights go in several
        requests, between which others may step. Returns the biological time in ms.
        """
        return self._run(self._plans.set_weights(projection, given, connections))

    # -- How it is done

    def _run(self, plan: Plan[T]) -> T:
        return _plans.run(self._connection, plan)
