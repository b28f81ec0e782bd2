"""Connection rules, without a server."""

from __future__ import annotations

import numpy as np
import pytest

import spiked
from spiked import rules
from spiked.v1.network_pb2 import ConnectionRule


def test_rules_say_what_they_are_told() -> None:
    assert spiked.fixed_indegree(5).fixed_indegree.indegree == 5
    assert spiked.fixed_outdegree(6, allow_multapses=False).fixed_outdegree.exclude_multapses
    assert spiked.pairwise_bernoulli(0.1).pairwise_bernoulli.probability == 0.1
    assert spiked.fixed_total_number(7, allow_autapses=False).fixed_total_number.exclude_autapses
    assert spiked.one_to_one().WhichOneof("rule") == "one_to_one"
    pairs = spiked.explicit_pairs([0, 1], np.array([2, 3])).explicit_pairs
    assert (list(pairs.sources), list(pairs.targets)) == ([0, 1], [2, 3])


def test_rules_are_known_by_name_and_by_nest_s_dictionaries() -> None:
    assert rules.to_message("all_to_all") == spiked.all_to_all()
    assert rules.to_message({"rule": "fixed_indegree", "indegree": 3}) == spiked.fixed_indegree(3)
    assert rules.to_message({"rule": "pairwise_bernoulli", "p": 0.5}) == spiked.pairwise_bernoulli(
        0.5
    )
    assert rules.to_message({"rule": "fixed_total_number", "N": 9}) == spiked.fixed_total_number(9)
    assert rules.to_message({"rule": "all_to_all", "allow_autapses": False}) == spiked.all_to_all(
        allow_autapses=False
    )


@pytest.mark.parametrize(
    "rule",
    [
        spiked.one_to_one(),
        spiked.all_to_all(allow_autapses=False),
        spiked.fixed_indegree(3, allow_multapses=False),
        spiked.fixed_outdegree(3, allow_autapses=False),
        spiked.pairwise_bernoulli(0.5),
        spiked.fixed_total_number(9),
        spiked.explicit_pairs([0, 1], [1, 0]),
    ],
)
def test_rules_come_back_from_dictionaries(rule: ConnectionRule) -> None:
    assert rules.to_message(rules.to_plain(rule)) == rule


def test_unknown_rules_and_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="no rule 'random'; there are one_to_one"):
        rules.to_message("random")
    with pytest.raises(ValueError, match=r"'one_to_one': got an unexpected .* 'indegree'"):
        rules.to_message({"rule": "one_to_one", "indegree": 3})
    with pytest.raises(ValueError, match="not 1 and 2"):
        spiked.explicit_pairs([0], [1, 2])


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (spiked.one_to_one(), "one_to_one"),
        (spiked.all_to_all(allow_autapses=False), "all_to_all(allow_autapses=False)"),
        (
            spiked.fixed_indegree(100, allow_multapses=False),
            "fixed_indegree(100, allow_multapses=False)",
        ),
        (spiked.pairwise_bernoulli(0.1), "pairwise_bernoulli(0.1)"),
        (spiked.explicit_pairs([0, 1], [1, 0]), "explicit_pairs(2 pairs)"),
    ],
)
def test_rules_are_described_as_they_are_written(rule: ConnectionRule, text: str) -> None:
    assert rules.describe(rule) == text
