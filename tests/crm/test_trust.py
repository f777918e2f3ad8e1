"""Which certificates are accepted: those of the system's authorities, and of those in ca_file."""

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
from types import SimpleNamespace

import pytest

from dazos_tui.crm.errors import TlsError
from dazos_tui.crm.http import trust
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
    """Return the response of a server with this certificate. Raises TlsError if it is not accepted."""
    async with serving(lambda _: answer("trusted"), tls=server_context(certificate)) as server:
        session = HttpSession(server.url, network=network)
        try:
            return (await session.get("x")).text
        finally:
            await session.close()


async def test_ca_file_is_trusted_besides_the_systems_authorities(
    companys: Certificate, another: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(another.file))
    network = NetworkSettings(ca_file=companys.file)
    assert await ask(companys, network) == "trusted"
    assert await ask(another, network) == "trusted"


async def test_a_folder_named_in_the_environment_is_used_besides_a_file(
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
    """In a separate mount namespace, where a folder with the authority hides the system's."""
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
    """Create a folder in which OpenSSL finds this certificate, by the hash of its subject."""
    folder.mkdir()
    command = ["openssl", "x509", "-hash", "-noout", "-in", str(certificate.file)]
    digest = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
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
    """Serve another process from a thread; yield the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Trusted) as server:
        server.socket = server_context(certificate).wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def _on_a_mac(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the client read OpenSSL's variables itself, as on macOS."""
    monkeypatch.setattr(trust, "sys", SimpleNamespace(platform="darwin"))


@pytest.mark.usefixtures("_on_a_mac")
@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("SSL_CERT_FILE", "cannot be used: it holds no certificate. Check SSL_CERT_FILE in the environment."),
        ("SSL_CERT_DIR", ""),
    ],
)
async def test_a_variable_that_names_no_certificate_is_an_error_on_a_mac(
    companys: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, words: str
) -> None:
    place = tmp_path / "none"
    if variable == "SSL_CERT_FILE":
        place.write_text("no certificate")
    else:
        place.mkdir()
    monkeypatch.setenv(variable, str(place))
    with pytest.raises(TlsError) as caught:
        await ask(companys, NetworkSettings())
    assert words in f"{caught.value} {caught.value.advice}"


@pytest.mark.usefixtures("_on_a_mac")
async def test_the_file_and_the_folder_of_the_environment_are_read_on_a_mac(
    companys: Certificate, another: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(companys.file))
    monkeypatch.setenv("SSL_CERT_DIR", str(hashed_folder(tmp_path / "folder", another)))
    assert await ask(companys, NetworkSettings()) == "trusted"
    assert await ask(another, NetworkSettings()) == "trusted"
