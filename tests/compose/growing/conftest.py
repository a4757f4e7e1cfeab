"""Three of what keeps data and two of what serves, as ``deploy/cluster.yml`` says."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.compose.conftest import deployment_of
from tests.compose.deployment import Deployment
from tests.compose.engine import Engine


@pytest.fixture(scope="session")
def deployed(
    engine: Engine, images: dict[str, str], say: Callable[[str], None]
) -> Iterator[Deployment]:
    with deployment_of(engine, images, "ihala-three") as deployment:
        deployment.files.insert(1, "deploy/cluster.yml")
        deployment.up()
        say("all containers are well")
        yield deployment
