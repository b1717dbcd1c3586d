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
from collections.abc import Iterator, Mapping
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

_AT_ONCE = 1 << 24
_TAKEN = {"file", "allow_pickle"}

# Of a zip whose entries are stored as they are, and dated 1980-01-01.
_ENTRY, _LISTED, _END = struct.Struct("<4s5H3L2H"), struct.Struct("<4s6H3L5H2L"), struct.Struct("<4s4H2LH")
_UTF8, _DATE, _MOST = 1 << 11, 1 << 5 | 1, (1 << 16) - 1


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

    Parameters
    ----------
    file : file or pathlib.Path
        Where the archive begins; a path is that of the file, whatever it ends with.
    arrays : mapping of str to ndarray

    Raises
    ------
    ValueError
        If an array holds Python objects: reading them back would run code. If it is named as a setting of
        `numpy.savez`, ``file`` or ``allow_pickle``.

    Examples
    --------
    >>> import io
    >>> first, second = io.BytesIO(), io.BytesIO()
    >>> write_arrays(first, {"a": np.zeros(2), "b": np.ones(1)})
    >>> write_arrays(second, {"b": np.ones(1), "a": np.zeros(2)})
    >>> first.getvalue() == second.getvalue()
    True
    """
    if taken := _TAKEN & arrays.keys():
        raise ValueError(f"No array can be named {' or '.join(sorted(taken))} in an npz; name it otherwise.")
    ordered = {name: np.asarray(arrays[name]) for name in sorted(arrays)}
    objects = [name for name, array in ordered.items() if array.dtype.hasobject]
    if objects:
        raise ValueError(f"The arrays {', '.join(objects)} hold Python objects; keep numbers and text only.")
    with file.open("wb") if isinstance(file, Path) else contextlib.nullcontext(file) as kept:
        if sum(array.nbytes for array in ordered.values()) < _AT_ONCE and len(ordered) <= _MOST:
            kept.write(_archive(ordered))
        else:
            # numpy dates every entry 1980-01-01, so the bytes depend on the arrays alone.
            np.savez(kept, allow_pickle=False, **ordered)


def _archive(arrays: Mapping[str, np.ndarray[Any, Any]]) -> bytes:
    """Return the npz of a few MB: `numpy.savez` takes longer over many small arrays than a disk does."""
    entries, directory, at = list[bytes](), list[bytes](), 0
    for key, array in arrays.items():
        content = _header(array.dtype, array.shape, _is_fortran(array)) + array.tobytes("A")
        name = f"{key}.npy".encode()
        about = (20, _UTF8, 0, 0, _DATE, zlib.crc32(content), len(content), len(content), len(name), 0)
        entries += [_ENTRY.pack(b"PK\3\4", *about), name, content]
        directory += [_LISTED.pack(b"PK\1\2", 20, *about, 0, 0, 0, 0, at), name]
        at += _ENTRY.size + len(name) + len(content)
    listed = b"".join(directory)
    end = _END.pack(b"PK\5\6", 0, 0, len(arrays), len(arrays), len(listed), at, 0)
    return b"".join([*entries, listed, end])


def _is_fortran(array: np.ndarray[Any, Any]) -> bool:
    return array.flags.f_contiguous and not array.flags.c_contiguous


@functools.lru_cache(1024)
def _header(dtype: np.dtype[Any], shape: tuple[int, ...], fortran: bool) -> bytes:
    """Return what an npy file begins with."""
    file, like = io.BytesIO(), np.empty(shape, dtype, "F" if fortran else "C")
    np.lib.format.write_array(file, like, allow_pickle=False)  # type: ignore[no-untyped-call]
    return file.getvalue()[: file.tell() - like.nbytes]


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
