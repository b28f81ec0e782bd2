"""What recorders write to files and to the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spiked.nest import NESTErrors


@pytest.fixture
def relay(nest: Any, tmp_path: Path) -> Any:
    """A relay that fires at 2, 12 and 22 ms; files go to a folder of the test."""
    nest.data_path = str(tmp_path)
    generator = nest.Create("spike_generator", params={"spike_times": [1.0, 11.0, 21.0]})
    relay = nest.Create("parrot_neuron")
    nest.Connect(generator, relay)
    return relay


def rows(path: Path) -> list[str]:
    return path.read_text().splitlines()[1:]


def test_spikes_are_written_as_they_come(nest: Any, relay: Any, tmp_path: Path) -> None:
    nest.data_prefix = "run1-"
    recorder = nest.Create("spike_recorder", params={"record_to": "ascii", "label": "relay"})
    nest.Connect(relay, recorder)
    path = tmp_path / "run1-relay-3-0.dat"
    assert recorder.filenames == (str(path),)
    nest.Simulate(10.0)
    assert rows(path) == ["sender\ttime_ms", "2\t2.000"]
    nest.Simulate(5.0)
    recorder.n_events = 0
    nest.Simulate(15.0)
    assert rows(path)[1:] == ["2\t2.000", "2\t12.000", "2\t22.000"]
    assert recorder.n_events == 1


def test_samples_are_written_with_their_variables(nest: Any, tmp_path: Path) -> None:
    nest.data_path = str(tmp_path)
    neuron, meter = nest.Create("iaf_psc_exp"), nest.Create("voltmeter")
    meter.record_to = "ascii"
    nest.Connect(meter, neuron)
    nest.Simulate(3.0)
    assert rows(tmp_path / "voltmeter-2-0.dat") == [
        "sender\ttime_ms\tV_m",
        "1\t1.000\t-70.000",
        "1\t2.000\t-70.000",
    ]


def test_a_file_is_not_overwritten_unasked(nest: Any, relay: Any, tmp_path: Path) -> None:
    path = tmp_path / "spike_recorder-3-0.dat"
    path.write_text("dear\n")
    nest.Connect(relay, nest.Create("spike_recorder", params={"record_to": "ascii"}))
    with pytest.raises(NESTErrors.KernelException, match=path.name):
        nest.Simulate(5.0)
    assert path.read_text() == "dear\n"
    assert nest.biological_time == 0.0
    nest.overwrite_files = True
    nest.Simulate(5.0)
    assert rows(path) == ["sender\ttime_ms", "2\t2.000"]


def test_spikes_are_shown_on_the_screen(
    nest: Any, relay: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    nest.Connect(relay, nest.Create("spike_recorder", params={"record_to": "screen"}))
    nest.Simulate(15.0)
    assert capsys.readouterr().out == "2\t2.000\n2\t12.000\n"
