"""A real Docker engine for tests: its own network namespace, data folder and socket.

It never touches the machine's own engine, and removes all it made. Published ports answer at
`engine.address`. Needs root, dockerd, containerd, runc, iptables, nftables and iproute2.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import docker

from causeway.engine.client import Engine as Client
from tests import engine_host, guard
from tests.engine_host import DATA, PATH, PREFIX, RUN, EngineError
from toolchain import current_engine, places

NEEDED = ("dockerd", "containerd", "runc", "iptables", "nft", "ip", "nsenter")
READY_SECONDS = 60
# The flavours that can be started, with the folder that comes first on the engine's PATH.
FLAVOURS: dict[str, Path | None] = {
    "debian": None,
    "current": current_engine.folder(places.find()),
}
# Docker up to 20.10 keeps its identity in /etc/docker unless told otherwise.
KEY_OPTION = {"debian": "deprecated-key-path"}


def post(api: docker.APIClient, path: str, body: dict[str, object]) -> None:
    """A call that the SDK has no method for. Raises where the engine refuses it."""
    answer = api.post(f"{api.base_url}/v{api.api_version}{path}", json=body, timeout=60)
    answer.raise_for_status()


@dataclass(slots=True)
class Engine:
    """A running engine; use it as a context manager, or call `stop()`."""

    name: str
    slot: int
    lock: int
    path: str
    daemons: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    # Of dockerd, as in daemon.json; they count from the next `restart` on.
    settings: dict[str, object] = field(default_factory=dict)
    # Further addresses to listen on, such as `tcp://0.0.0.0:2376`; as settings.
    listens: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, flavour: str = "debian") -> Engine:
        """A fresh engine with no images. Raises EngineError when the machine cannot run one."""
        guard.starts("a Docker engine")
        if flavour not in FLAVOURS:
            raise EngineError(f"unknown engine flavour {flavour!r} (known: {sorted(FLAVOURS)})")
        folder = FLAVOURS[flavour]
        if folder and not current_engine.complete(folder):
            raise EngineError(f"{folder} is missing: python3 -m toolchain {flavour}-engine")
        path = f"{folder}{os.pathsep}{PATH}" if folder else PATH
        if os.geteuid() != 0:
            raise EngineError("a test engine needs root: run the tests as root")
        if missing := [name for name in NEEDED if not shutil.which(name, path=path)]:
            raise EngineError(
                f"a test engine needs {', '.join(missing)}: "
                "apt-get install docker.io iptables nftables iproute2 util-linux"
            )
        slot, lock = engine_host.take_slot()
        engine = cls(f"{PREFIX}-{flavour}-{slot}", slot, lock, path)
        try:
            engine.folder.mkdir(parents=True)
            engine.data.mkdir(parents=True)
            with engine_host.machine_lock():
                engine_host.open_way_out()
                engine_host.add_namespace(engine.name, slot)
            engine._start_containerd()
            engine._start_dockerd()
        except BaseException:
            engine.stop()
            raise
        return engine

    @property
    def folder(self) -> Path:
        """Socket, pid files and logs (`dockerd.log`, `containerd.log`)."""
        return RUN / self.name

    @property
    def data(self) -> Path:
        return DATA / self.name

    @property
    def host(self) -> str:
        """For DOCKER_HOST."""
        return f"unix://{self.folder}/docker.sock"

    @property
    def netns(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        """Where the main namespace reaches this engine's published ports."""
        return engine_host.addresses(self.slot)[1]

    def api(self, timeout: int = 60) -> docker.APIClient:
        return docker.APIClient(base_url=self.host, version="auto", timeout=timeout)

    def client(self) -> Client:
        """The project's own client."""
        return Client(self.host, {})

    def log(self) -> str:
        return (self.folder / "dockerd.log").read_text(errors="replace")

    def stop(self) -> None:
        """End the engine, its containers too, and remove all it had; safe to repeat."""
        if self.lock < 0:
            return
        with engine_host.machine_lock():
            for process in self.daemons.values():
                process.kill()
                process.wait()
            engine_host.remove(self.name, self.slot)
        os.close(self.lock)
        self.lock = -1

    def kill(self) -> None:
        """SIGKILL for dockerd alone: its containers run on, its socket refuses. See `restart`."""
        self.daemons["dockerd"].kill()
        self.daemons["dockerd"].wait()

    def restart(self) -> None:
        """Stop dockerd in the orderly way, if it runs, and start it again on the same data."""
        self.halt()
        self._start_dockerd()

    def halt(self) -> None:
        """Stop dockerd in the orderly way, its containers with it. See `restart`."""
        process = self.daemons["dockerd"]
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def pause(self) -> None:
        """Freeze dockerd: it accepts connections and answers nothing."""
        process = self.daemons["dockerd"]
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED)  # the signal takes effect a little later

    def resume(self) -> None:
        self.daemons["dockerd"].send_signal(signal.SIGCONT)

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _spawn(self, program: str, *arguments: str) -> None:
        """Start a daemon in the namespace (`ip netns exec` would hide the cgroups)."""
        with open(self.folder / f"{program}.log", "ab") as log:
            # nsenter execs: the process that is remembered is the daemon itself. A session of its
            # own keeps the terminal's Ctrl-C for the tests, which then stop it in order.
            self.daemons[program] = subprocess.Popen(
                ["nsenter", f"--net=/run/netns/{self.name}", program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | {"PATH": self.path},
                start_new_session=True,
            )

    def _start_containerd(self) -> None:
        # Its own: dockerd would otherwise take the machine's, when that one runs.
        config = self.folder / "containerd.toml"
        config.write_text(
            "version = 2\n"
            f'root = "{self.data}/containerd"\n'
            f'state = "{self.folder}/containerd"\n'
            'disabled_plugins = ["io.containerd.grpc.v1.cri"]\n'
            f'[grpc]\naddress = "{self.folder}/containerd.sock"\n'
        )
        self._spawn("containerd", "--config", str(config))
        self._wait("containerd", lambda: (self.folder / "containerd.sock").exists())

    def _start_dockerd(self) -> None:
        # Not the machine's /etc/docker/daemon.json.
        option = KEY_OPTION.get(self.name.split("-")[2])
        own = {option: f"{self.data}/key.json"} if option else {}
        (self.folder / "dockerd.json").write_text(json.dumps(own | self.settings))
        self._spawn(
            "dockerd",
            *(part for each in (self.host, *self.listens) for part in ("--host", each)),
            *("--data-root", str(self.data / "docker")),
            *("--exec-root", str(self.folder / "docker")),
            *("--pidfile", str(self.folder / "dockerd.pid")),
            *("--config-file", str(self.folder / "dockerd.json")),
            *("--containerd", str(self.folder / "containerd.sock")),
            # The group's name marks every process of its containers as this engine's.
            *("--exec-opt", "native.cgroupdriver=cgroupfs"),
            *("--cgroup-parent", f"/{self.name}"),
        )
        self._wait("dockerd", self._answers)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            try:
                connection.connect(str(self.folder / "docker.sock"))
                connection.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
                return b" 200 OK" in connection.recv(100)
            except OSError:
                return False

    def _wait(self, program: str, ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not ready():
            ended = self.daemons[program].poll()
            if ended is not None or time.monotonic() > deadline:
                tail = (self.folder / f"{program}.log").read_text(errors="replace")[-2000:]
                reason = f"ended with {ended}" if ended is not None else "does not answer"
                raise EngineError(f"{program} of {self.name} {reason}:\n{tail}")
            time.sleep(0.1)
