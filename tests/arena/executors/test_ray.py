"""A real cluster of two machines, both here, keeps what every executor promises."""

import pytest

from arena.base.errors import ArenaError

ray = pytest.importorskip("ray")

from arena.executors.executor import Job  # noqa: E402
from arena.executors.ray import RayCluster  # noqa: E402
from arena.testing import check_executor  # noqa: E402


@pytest.fixture(scope="module")
def cluster():
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 100 * 2**20,
                                                         "include_dashboard": False})
    made.add_node(num_cpus=1, object_store_memory=100 * 2**20)
    yield made
    ray.shutdown()
    made.shutdown()


def test_two_machines(cluster, tmp_path):
    check_executor(lambda bounds: RayCluster(cluster.address, 2, bounds), tmp_path)


def test_as_many_slots_as_cores(cluster):
    executor = RayCluster(cluster.address)
    assert executor.slots == 2 and len(ray.nodes()) == 2
    executor.submit(Job("one", "arena.testing.executors:work", {"do": "count", "number": 4}))
    assert [done.data for done in executor.results()] == [{"twice": 8}]
    executor.close()


def test_an_address_that_does_not_answer_is_one_line(cluster):
    ray.shutdown()
    with pytest.raises(ArenaError, match=r"executor ray: nothing answers at '127.0.0.1:1'"):
        RayCluster("127.0.0.1:1")
