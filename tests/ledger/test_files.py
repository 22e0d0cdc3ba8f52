"""Place: a ledger's files are private, and are read without leaving anything out or behind."""

from pathlib import Path

import pytest

from interlock.app.gate import Gate
from interlock.errors import LedgerError, LedgerReadOnly
from interlock.ledger.engine import open_engine
from interlock.ledger.files import file_system, refuse_network

from .conftest import SQLITE, play, shelf  # isort: skip

pytestmark = [pytest.mark.usefixtures("database"), SQLITE]


@pytest.mark.parametrize("before", [None, b""])
def test_what_we_make_is_private(before: bytes | None, tmp_path: Path) -> None:
    """A ledger in a new folder, or in an empty file that was there: nobody else may read it."""
    path = tmp_path / "books" / "l.db"
    if before is not None:
        path.parent.mkdir(mode=0o755)
        path.write_bytes(before)
        path.chmod(0o644)
    engine = open_engine(str(path))
    with engine.connect():
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    engine.dispose()

    assert modes == {"l.db": 0o600, "l.db-wal": 0o600, "l.db-shm": 0o600}
    assert before is not None or path.parent.stat().st_mode & 0o777 == 0o700


def test_a_ledger_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    """Opened for writing, an older ledger and what lies beside it become its user's alone."""
    path = tmp_path / "l.db"
    first = open_engine(str(path))
    with first.connect():
        for file in tmp_path.iterdir():
            file.chmod(0o644)
        open_engine(str(path)).dispose()
        modes = {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    first.dispose()

    assert modes == {0o600}


def test_entries_that_cannot_be_reached_are_not_left_out(gate: Gate, tmp_path: Path) -> None:
    """A log without its index, where none can be made, is an error: no older record is shown."""
    play(gate, 1)
    beside = [tmp_path / f"ledger.db{end}" for end in ("", "-wal")]
    with shelf(*beside) as copy, pytest.raises(LedgerReadOnly, match="copy both"):
        open_engine(str(copy))


@pytest.mark.parametrize("content", [None, b""])
def test_no_ledger_is_made_where_none_can_be(content: bytes | None, tmp_path: Path) -> None:
    """A missing or empty file where this process may not write is said to need a place."""
    (tmp_path / "empty").write_bytes(b"")
    with shelf(tmp_path / "empty") as copy:
        wanted = copy if content is not None else copy.with_name("missing")
        with pytest.raises(LedgerReadOnly, match="needs a place to write"):
            open_engine(str(wanted))


def test_a_log_that_can_be_read_where_the_folder_may_be_written(gate: Gate, tmp_path: Path) -> None:
    """A read-only copy with its log, in a folder of one's own, shows the newest entries."""
    play(gate, 1)
    beside = [tmp_path / f"ledger.db{end}" for end in ("", "-wal")]
    with shelf(*beside, folder_mode=0o777) as copy, open_engine(str(copy)).connect() as db:
        found = db.execution_options(read_only=True).exec_driver_sql("select count(*) from calls")
        assert found.scalar() == 2


def test_a_file_of_somebody_else_that_others_may_read(gate: Gate, tmp_path: Path) -> None:
    """Where its rights cannot be changed, that others may read it is said."""
    play(gate, 1)
    gate.close()
    file = tmp_path / "ledger.db"
    with (
        shelf(file, file_mode=0o666, folder_mode=0o777) as copy,
        pytest.warns(UserWarning, match="chmod 600"),
    ):
        open_engine(str(copy)).dispose()


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /srv/nfs rw - nfs4 host:/export rw
31 22 0:41 / /srv/nfs/local rw - xfs /dev/sdb1 rw
32 22 0:42 / /mnt/a\\040share rw - cifs //host/share rw
33 22 0:43 / /mnt/host rw - 9p host rw
34 22 8:2 / /twice rw - nfs host:/old rw
35 22 8:2 / /twice rw - ext4 /dev/sdc1 rw
36 22 0:44 / /home/user/remote rw - fuse.sshfs host: rw
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/nfs/x/l.db", "nfs4"),
        ("/srv/nfs/local/l.db", None),
        ("/srv/nfsx/l.db", None),
        ("/mnt/a share/l.db", "cifs"),
        ("/mnt/host/l.db", "9p"),
        ("/twice/l.db", None),
        ("/home/user/remote/deep/l.db", "fuse.sshfs"),
        ("/l.db", None),
    ],
)
def test_a_network_file_system_is_known_by_its_mount(
    tmp_path: Path, path: str, kind: str | None
) -> None:
    """The deepest mount counts, of two on one point the later; a name may have spaces."""
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)

    if kind is None:
        refuse_network(Path(path), mounts)
    else:
        with pytest.raises(LedgerError, match=rf"network file system \({kind}\)"):
            refuse_network(Path(path), mounts)


def test_where_mounts_are_not_listed_nothing_is_refused(tmp_path: Path) -> None:
    """A system without that list keeps ledgers as before."""
    refuse_network(tmp_path / "l.db", tmp_path / "nowhere")
    assert file_system(tmp_path, tmp_path / "nowhere") is None


def test_a_link_to_a_share_is_a_share(tmp_path: Path) -> None:
    """What a path leads to counts, not how it is spelt."""
    share = tmp_path / "share"
    share.mkdir()
    (tmp_path / "link").symlink_to(share)
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / {share} rw - nfs b rw\n")

    assert file_system(tmp_path / "link" / "l.db", mounts) == "nfs"
