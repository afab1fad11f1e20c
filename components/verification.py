"""The last step of an update: compares packets on the running stack with its model."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from causeway.contract import VERIFICATION_TYPE


class Verification(pulumi.CustomResource):
    """Runs again when the reach or a container changes; fails when a cell differs."""

    summary: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        stack: str,
        record: pulumi.Input[str],
        containers: Sequence[pulumi.Input[str]],
        image: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(
            VERIFICATION_TYPE,
            name,
            {
                "stack": stack,
                "record": record,
                "containers": list(containers),
                "image": image or None,
                "summary": None,
            },
            opts,
        )
