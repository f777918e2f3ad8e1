"""Whose certificates are accepted: the system's authorities, and those of ca_file beside them."""

import os
import shutil
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dazos_tui.crm.http.network import NetworkSettings
from dazos_tui.crm.http.session import HttpSession
from tests.crm.certificates import Certificate, self_signed, server_context
from tests.crm.servers import answer, serving
from tests.patience import patience

_ASKING = """
import asyncio, sys
from dazos_tui.crm.http.session import HttpSession

async def ask():
    session = HttpSession(sys.argv[1])
    print((await session.get("x")).text)
    await session.close()

asyncio.run(ask())
"""

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def companys(tmp_path: Path) -> Certificate:
    return self_signed(tmp_path, name="company")


@pytest.fixture
def another(tmp_path: Path) -> Certificate:
    return self_signed(tmp_path, name="another")


async def ask(certificate: Certificate, network: NetworkSettings) -> str:
    """Return what a server with this certificate answers. Raises TlsError if it is not accepted."""
    async with serving(lambda _: answer("trusted"), tls=server_context(certificate)) as server:
        session = HttpSession(server.url, network=network)
        try:
            return (await session.get("x")).text
        finally:
            await session.close()


async def test_ca_file_stands_beside_what_the_system_trusts(
    companys: Certificate, another: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(another.file))
    network = NetworkSettings(ca_file=companys.file)
    assert await ask(companys, network) == "trusted"
    assert await ask(another, network) == "trusted"


async def test_a_folder_named_in_the_environment_counts_beside_a_file(
    companys: Certificate, another: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = hashed_folder(tmp_path / "folder", companys)
    monkeypatch.setenv("SSL_CERT_FILE", str(another.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    assert await ask(companys, NetworkSettings()) == "trusted"
    assert await ask(another, NetworkSettings()) == "trusted"


async def test_no_keys_of_a_connection_are_written_to_a_file(
    companys: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    assert await ask(companys, NetworkSettings(ca_file=companys.file)) == "trusted"
    assert not keys.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system's store is replaced by a mount")
def test_an_authority_in_the_systems_store_is_trusted(companys: Certificate, tmp_path: Path) -> None:
    """In a mount namespace of its own, where a folder with the authority lies over the system's."""
    store = Path(ssl.get_default_verify_paths().openssl_capath).resolve()
    if not store.is_dir() or not can_mount():
        pytest.skip("no folder of the system's, or no right to mount one over it")
    folder = hashed_folder(tmp_path / "store", companys)
    with https_server(companys) as url:
        script = f"mount --bind {folder} {store} && exec {sys.executable} -c '{_ASKING}' {url}"
        plain = {name: value for name, value in os.environ.items() if name not in VARIABLES}
        done = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script],
            env=plain, capture_output=True, text=True, timeout=patience(60), check=False,
        )  # fmt: skip
    assert done.stdout.strip() == "trusted", done.stderr


def hashed_folder(folder: Path, certificate: Certificate) -> Path:
    """Make a folder that OpenSSL finds this certificate in, by the hash of its subject."""
    folder.mkdir()
    asked = ["openssl", "x509", "-hash", "-noout", "-in", str(certificate.file)]
    digest = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()
    shutil.copy(certificate.file, folder / f"{digest}.0")
    return folder


def can_mount() -> bool:
    command = ["unshare", "--map-root-user", "--mount", "true"]
    return shutil.which("unshare") is not None and subprocess.run(command, check=False).returncode == 0


class _Trusted(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"trusted")

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def https_server(certificate: Certificate) -> Iterator[str]:
    """Serve, in a thread, what another process asks; yield the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Trusted) as server:
        server.socket = server_context(certificate).wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()
