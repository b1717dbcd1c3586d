"""Files that are whole or absent: writing, hashing and JSON for everything that a run keeps.

Here live the few operations on which the promises of `store` and `checkpoint` rest. What the files
mean is decided there.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import math
import os
import secrets
import shutil
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

__all__ = [
    "hidden_sibling",
    "json_text",
    "link",
    "plain",
    "replacing",
    "sent_to_disk",
    "sha256",
    "sync_folder",
    "write_arrays",
    "write_json",
]

_BUFFER = 1 << 20
_UTF8, _1980, _ELSEWHERE = 0x800, 0x21, 0xFFFFFFFF
"""Of an entry in an archive: how its name is written, its date, and that its size stands in 64 bits."""
_ENTRY, _LINE = struct.Struct("<4s5H3I2H"), struct.Struct("<4s6H3I5H2I")


def hidden_sibling(path: Path, ending: str) -> Path:
    """Return a new hidden name beside `path`, for work that nobody should see yet.

    Examples
    --------
    >>> name = hidden_sibling(Path("runs/a-1"), "tmp").name
    >>> name.startswith(".a-1."), name.endswith(".tmp")
    (True, True)
    """
    return path.with_name(f".{path.name.lstrip('.')}.{secrets.token_hex(6)}.{ending}")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file to fill; on leaving without an error it takes the place of `path` in one step.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "note") as file:
    ...         written = file.write(b"whole")
    ...     (Path(folder) / "note").read_bytes()
    b'whole'
    """
    unfinished = hidden_sibling(path, "tmp")
    try:
        with unfinished.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        sync_folder(path.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def link(path: Path, new: Path) -> None:
    """Let a file have one more name, which takes the place of what was there in one step.

    Where files have one name each, a copy gets it.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path, new = Path(folder) / "note", Path(folder) / "same"
    ...     _ = path.write_bytes(b"whole")
    ...     link(path, new)
    ...     new.read_bytes()
    b'whole'
    """
    unfinished = hidden_sibling(new, "tmp")
    try:
        try:
            os.link(path, unfinished)
        except OSError:
            _copy(path, unfinished)
        unfinished.replace(new)
    finally:
        unfinished.unlink(missing_ok=True)


def _copy(path: Path, new: Path) -> None:
    with path.open("rb") as source, new.open("xb") as file:
        shutil.copyfileobj(source, file)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` survive a power cut, where the system can promise that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "empty").write_bytes(b"")
    ...     sha256(Path(folder) / "empty")[:12]
    'e3b0c44298fc'
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sent_to_disk(path: Path) -> str:
    """Make what a file holds survive a power cut, and return its SHA-256 in hexadecimal digits.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = (Path(folder) / "empty").write_bytes(b"")
    ...     sent_to_disk(Path(folder) / "empty")[:12]
    'e3b0c44298fc'
    """
    with path.open("r+b", buffering=0) as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_arrays(file: IO[bytes] | Path, arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Write arrays as npz: the same arrays give the same bytes, whenever and in whatever order.

    This is an archive that `numpy.load` reads, made in a quarter of the time of `numpy.savez` where arrays
    are many and small: what an entry holds is known before it is written, so that nothing is written twice.

    Parameters
    ----------
    file : file or pathlib.Path
        Where the archive begins.
    arrays : mapping of str to ndarray

    Raises
    ------
    ValueError
        If an array holds Python objects: reading them back would run code.

    References
    ----------
    PKWARE, .ZIP File Format Specification (APPNOTE.TXT) 6.3.10, sections 4.3 and 4.5.3.

    Examples
    --------
    >>> first, second = io.BytesIO(), io.BytesIO()
    >>> write_arrays(first, {"a": np.zeros(2), "b": np.ones(1)})
    >>> write_arrays(second, {"b": np.ones(1), "a": np.zeros(2)})
    >>> first.getvalue() == second.getvalue()
    True
    """
    ordered = {name: np.asarray(arrays[name]) for name in sorted(arrays)}
    objects = [name for name, array in ordered.items() if array.dtype.hasobject]
    if objects:
        raise ValueError(f"The arrays {', '.join(objects)} hold Python objects; keep numbers and text only.")
    if isinstance(file, Path):
        with file.open("wb", buffering=_BUFFER) as opened:
            _write_archive(opened, ordered)
    else:
        _write_archive(file, ordered)


def _write_archive(file: IO[bytes], arrays: Mapping[str, np.ndarray[Any, Any]]) -> None:
    """Write an entry for each array, then the directory of them and its end."""
    at, directory = 0, []
    for key, array in arrays.items():
        name, (header, content) = f"{key}.npy".encode(), _npy(array)
        size, check = len(header) + len(content), zlib.crc32(content, zlib.crc32(header))
        about = (45, _UTF8, 0, 0, _1980, check, _ELSEWHERE, _ELSEWHERE, len(name))
        entry = _ENTRY.pack(b"PK\3\4", *about, 20) + name + struct.pack("<2H2Q", 1, 16, size, size)
        line = _LINE.pack(b"PK\1\2", 45, *about, 28, 0, 0, 0, 0, _ELSEWHERE) + name
        directory.append(line + struct.pack("<2H3Q", 1, 24, size, size, at))
        for part in (entry, header, content):
            file.write(part)
        at += len(entry) + size
    file.write(b"".join([*directory, _end(at, directory)]))


def _end(at: int, directory: Sequence[bytes]) -> bytes:
    """Return the end of an archive whose directory begins at `at`: that of 64 bits, and the old one."""
    if not directory:
        return b"PK\5\6" + bytes(18)  # by which NumPy knows an empty archive
    count, size = len(directory), sum(map(len, directory))
    end = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, at)
    place = struct.pack("<4sIQI", b"PK\6\7", 0, at + size, 1)
    return end + place + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, _ELSEWHERE, _ELSEWHERE, 0)


def _npy(array: np.ndarray[Any, Any]) -> tuple[bytes, memoryview]:
    """Return what ``.npy`` says of an array, and its numbers as they lie in memory."""
    turned = array.flags.f_contiguous and not array.flags.c_contiguous
    numbers = np.ascontiguousarray(array.T if turned else array).reshape(-1)
    return _npy_header(array.dtype, turned, array.shape), numbers.view(np.uint8).data


@functools.lru_cache(maxsize=1024)
def _npy_header(dtype: np.dtype[Any], turned: bool, shape: tuple[int, ...]) -> bytes:
    header = io.BytesIO()
    descr = np.lib.format.dtype_to_descr(dtype)  # type: ignore[no-untyped-call]
    about = {"descr": descr, "fortran_order": turned, "shape": shape}
    try:
        np.lib.format.write_array_header_1_0(header, about)  # type: ignore[no-untyped-call]
    except ValueError:
        return _npy_header_3(about)
    return header.getvalue()


def _npy_header_3(about: Mapping[str, Any]) -> bytes:
    """Return the header of fields so many, or of such letters, that the first version cannot say them."""
    text = f"{about}".encode()
    text += b" " * (-(len(text) + 13) % 64) + b"\n"
    return b"\x93NUMPY\3\0" + struct.pack("<I", len(text)) + text


def write_json(path: Path, value: Any) -> None:
    """Write `value` as `json_text`."""
    path.write_text(json_text(value), "utf-8")


def json_text(value: Any) -> str:
    r"""Return `value` as indented JSON with a final newline; see `plain` for what becomes of numbers.

    Examples
    --------
    >>> json_text({"r": float("nan")})
    '{\n  "r": null\n}\n'
    """
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def plain(value: Any) -> Any:
    """Return `value` made of what JSON can say: numbers that are not finite become None.

    Examples
    --------
    >>> plain({"mae": np.float32(0.5), "r": float("nan"), "cues": np.arange(2)})
    {'mae': 0.5, 'r': None, 'cues': [0, 1]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
