"""An SFTP server that is away, forged, closed to us or none at all: each is named, and nothing is sent to it."""

import socket
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from connectors.errors import AuthFailed, ConnectorError, Rejected, Unavailable
from connectors.http.reach import Allowed, Reach
from connectors.vendors.sftp_documents import SftpDocuments
from connectors.vendors.sftp_session import SftpServer
from tests.fixtures.sftp_server import LOOPBACK, OpenSshServer, open_documents

pytestmark = pytest.mark.integration


def failure_of(server: SftpServer, folder: Path, allowed: Allowed = LOOPBACK) -> ConnectorError:
    documents = open_documents(server, folder, allowed=allowed)
    with pytest.raises(ConnectorError) as caught:
        documents.check()
    documents.close()
    return caught.value


def test_the_session_is_opened_again_when_the_server_comes_back(
    sftp_server: OpenSshServer,
    sftp_inbox: SftpDocuments,
    tmp_path: Path,
) -> None:
    (tmp_path / "a.xml").write_bytes(b"1")
    assert "1 documents" in sftp_inbox.check()
    with sftp_server.away(), pytest.raises(Unavailable, match="answer"):
        sftp_inbox.check()
    assert "1 documents" in sftp_inbox.check()


def test_a_refused_password_or_key_says_so_and_shows_neither(
    sftp_server: OpenSshServer,
    way_in: SftpServer,
    tmp_path: Path,
) -> None:
    stranger = replace(way_in, user="nobody-here")
    with_password = replace(way_in, private_key="", password="not-the-password")
    for server, what in ((stranger, "key"), (with_password, "password")):
        failure = failure_of(server, tmp_path)
        assert isinstance(failure, AuthFailed)
        assert f"refuses the name {server.user!r} or its {what}" in failure.reason
        assert "not-the-password" not in f"{failure.reason} {server!r}"
        assert sftp_server.private_key not in repr(server)


def test_a_private_key_that_is_none_is_rejected(way_in: SftpServer, tmp_path: Path) -> None:
    failure = failure_of(replace(way_in, private_key="-----BEGIN NOTHING-----"), tmp_path)
    assert isinstance(failure, Rejected)
    assert "private key cannot be read" in failure.reason


def test_a_private_key_that_lost_its_line_breaks_in_a_form_still_opens(way_in: SftpServer, tmp_path: Path) -> None:
    documents = open_documents(replace(way_in, private_key=way_in.private_key.replace("\n", "")), tmp_path)
    assert "0 documents" in documents.check()
    documents.close()


def test_without_the_key_of_the_server_the_first_test_shows_it(way_in: SftpServer, tmp_path: Path) -> None:
    failure = failure_of(replace(way_in, host_key=""), tmp_path)
    assert isinstance(failure, Rejected)
    assert way_in.host_key in failure.reason


def test_a_server_with_another_key_gets_neither_log_in_nor_files(way_in: SftpServer, tmp_path: Path) -> None:
    failure = failure_of(replace(way_in, host_key="SHA256:" + "A" * 43), tmp_path)
    assert isinstance(failure, AuthFailed)
    assert "Somebody may stand in between" in failure.reason


def test_the_public_key_of_the_server_does_as_well_as_its_fingerprint(
    sftp_server: OpenSshServer,
    way_in: SftpServer,
    tmp_path: Path,
) -> None:
    documents = open_documents(replace(way_in, host_key=sftp_server.public_key), tmp_path)
    assert "0 documents" in documents.check()
    documents.close()


def test_a_private_address_is_called_only_where_that_is_allowed(way_in: SftpServer, tmp_path: Path) -> None:
    failure = failure_of(way_in, tmp_path, Allowed(Reach.PUBLIC))
    assert isinstance(failure, Rejected)
    assert "belongs to a private network" in failure.reason


def test_a_missing_folder_is_named(way_in: SftpServer, tmp_path: Path) -> None:
    failure = failure_of(way_in, tmp_path / "nowhere")
    assert isinstance(failure, Unavailable)
    assert f"There is no folder {tmp_path / 'nowhere'} on the server" in failure.reason


def test_what_listens_but_speaks_no_ssh_is_unavailable(way_in: SftpServer, tmp_path: Path) -> None:
    def answer(listener: socket.socket) -> None:
        visitor, _address = listener.accept()
        with visitor:
            visitor.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=answer, args=(listener,))
        thread.start()
        failure = failure_of(replace(way_in, port=listener.getsockname()[1]), tmp_path)
        thread.join()
    assert isinstance(failure, Unavailable)
    assert "its SSH service runs" in failure.reason
