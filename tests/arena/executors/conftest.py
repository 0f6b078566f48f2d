"""A real cluster of two machines, both here."""

import pytest


@pytest.fixture(scope="package")
def cluster():
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": 100 * 2**20,
                                                         "include_dashboard": False})
    made.add_node(num_cpus=1, object_store_memory=100 * 2**20)
    yield made
    ray.shutdown()
    made.shutdown()
