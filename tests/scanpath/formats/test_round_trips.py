"""What is written is read again, in every format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from neurogate.errors import RequestError
from neurogate.scanpath.formats.events import read_events, write_events
from neurogate.scanpath.formats.fixation_table import read_csv, write_csv
from neurogate.scanpath.formats.osie import read_osie, write_osie
from neurogate.scanpath.formats.vectors import read_vectors, write_vectors
from neurogate.scanpath.formats.viewing import Viewing, numbered
from neurogate.scanpath.path import Scanpath, scanpath

SIZE = (80.0, 60.0)
ROUNDED = 1e-15
FEW = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])

places = st.floats(-1e3, 1e3)
seconds = st.floats(0, 100)
names = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=4)


@st.composite
def paths(draw: st.DrawFn, least: int = 1) -> Scanpath:
    rows = draw(st.lists(st.tuples(places, places, seconds), min_size=least, max_size=4))
    x, y, duration = np.array(rows, dtype=float).reshape(-1, 3).T
    return scanpath(x, y, duration, size=SIZE)


def bits(path: Scanpath) -> list[list[float]]:
    return [each.tolist() for each in (path.x_px, path.y_px, path.duration_s, path.start_s)]


@FEW
@given(st.dictionaries(st.tuples(names, names), paths(), min_size=1, max_size=3))
def test_csv_keeps_every_bit_and_name(tmp_path: Path, found: dict[tuple[str, str], Scanpath]) -> None:
    file = tmp_path / "gaze.csv"
    write_csv(file, [Viewing(path, *key) for key, path in found.items()])
    read = read_csv(file, size=SIZE)
    wanted = {key: bits(path) for key, path in found.items()}
    assert {(each.image, each.viewer): bits(each.path) for each in read} == wanted
    write_csv(file, [Viewing(path, *key) for key, path in found.items()], sized=True)
    read = read_csv(file)
    assert {(each.image, each.viewer): bits(each.path) for each in read} == wanted
    assert {(each.path.width_px, each.path.height_px) for each in read} == {SIZE}


def test_csv_keeps_how_large_a_degree_is_where_that_is_known(tmp_path: Path) -> None:
    file, degrees = tmp_path / "gaze.csv", {"a": 23.7, "b": float("nan")}
    several = [
        Viewing(scanpath([1, 2], [3, 4], size=SIZE, px_per_degree=d), "", who) for who, d in degrees.items()
    ]
    write_csv(file, several, sized=True)
    read = {each.viewer: each.path.px_per_degree for each in read_csv(file)}
    assert read == pytest.approx(degrees, nan_ok=True)
    assert {each.path.px_per_degree for each in read_csv(file, px_per_degree=30.0)} == {30.0}
    write_csv(file, several[1:], sized=True)
    assert "px_per_degree" not in file.read_text()
    file.write_text("x,y,duration,width,height,px_per_degree\n1,2,.1,80,60,20\n1,2,.1,80,60,21\n")
    with pytest.raises(RequestError, match="one scanpath of more than one px_per_degree: 20, 21"):
        read_csv(file)
    file.write_text("x,y,duration,width,height,px_per_degree\n1,2,.1,80,60,-3\n")
    with pytest.raises(RequestError, match=r"A degree is -3 px\. Give a number above 0"):
        read_csv(file)


@FEW
@given(paths())
def test_vectors_keep_every_bit(tmp_path: Path, path: Scanpath) -> None:
    write_vectors(tmp_path / "a.tsv", path)
    assert bits(read_vectors(tmp_path / "a.tsv", size=SIZE)) == bits(path)


@FEW
@given(paths())
def test_events_keep_every_bit_in_seconds_and_all_but_the_last_in_milliseconds(
    tmp_path: Path, path: Scanpath
) -> None:
    write_events(tmp_path / "a.tsv", path, style="bids")
    assert bits(read_events(tmp_path / "a.tsv", style="bids", size=SIZE)) == bits(path)
    write_events(tmp_path / "b.tsv", path, style="pymovements")
    read = read_events(tmp_path / "b.tsv", style="pymovements", size=SIZE)
    np.testing.assert_allclose(bits(read), bits(path), rtol=ROUNDED)


@FEW
@given(st.lists(paths(least=0), min_size=1, max_size=3), st.lists(paths(), min_size=1, max_size=2))
def test_osie_keeps_paths_of_every_length(tmp_path: Path, one: list[Scanpath], two: list[Scanpath]) -> None:
    written = numbered(one, "1.jpg") + numbered(two, "2.jpg")
    write_osie(tmp_path / "a.mat", written)
    read = read_osie(tmp_path / "a.mat", size=SIZE)
    assert [(each.image, each.viewer) for each in read] == [(each.image, each.viewer) for each in written]
    for a, b in zip(read, written, strict=True):
        np.testing.assert_allclose(bits(a.path), bits(b.path), rtol=ROUNDED)


def test_only_the_images_wanted_are_read(tmp_path: Path) -> None:
    path = scanpath([1], [2], size=SIZE)
    write_osie(tmp_path / "a.mat", numbered([path], "1.jpg") + numbered([path, path], "2.jpg"))
    read = read_osie(tmp_path / "a.mat", images={"2.jpg"})
    assert [(each.image, each.viewer) for each in read] == [("2.jpg", "0"), ("2.jpg", "1")]
    with pytest.raises(RequestError, match=r"knows no image cat\.jpg\. It has 1\.jpg, 2\.jpg"):
        read_osie(tmp_path / "a.mat", images={"cat.jpg"})


def test_paths_of_one_name_or_without_fixations_are_not_written(tmp_path: Path) -> None:
    path = scanpath([1], [2], size=SIZE)
    with pytest.raises(RequestError, match="Scanpaths 0 and 1 are both of image 'a' and viewer 'b'"):
        write_csv(tmp_path / "a.csv", [Viewing(path, "a", "b")] * 2)
    with pytest.raises(RequestError, match="Scanpath 1 has no fixations"):
        write_csv(tmp_path / "a.csv", numbered([path, path[1:]]))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_number_that_is_none_is_written_as_bids_says(tmp_path: Path, value: Any) -> None:
    from neurogate.scanpath.formats.delimited import read_table, write_table

    write_table(tmp_path / "a.tsv", {"x": np.array([value, 1.5])}, "\t")
    assert (tmp_path / "a.tsv").read_text().split() == ["x", "n/a", "1.5"]
    assert np.isnan(read_table(tmp_path / "a.tsv").numbers("x")[0])


def test_a_table_of_fixations_may_be_named_as_others_name_it(tmp_path: Path) -> None:
    path = scanpath([1, 2, 3], [4, 5, 6], [0.1, 0.2, 0.3], [0.0, 0.2, 0.5], size=SIZE)
    write_vectors(tmp_path / "vectors.tsv", path)
    write_events(tmp_path / "events.tsv", path, style="bids")
    events = (tmp_path / "events.tsv").read_text().splitlines()
    saccade = events[1].replace("fixation", "saccade")
    (tmp_path / "events.tsv").write_text("\n".join([*events[:2], saccade, *events[2:]]))
    for file in ("vectors.tsv", "events.tsv"):
        (read,) = read_csv(tmp_path / file, size=SIZE)
        assert np.array_equal(np.asarray(read.path), np.asarray(path))
    assert read.path.start_s.tolist() == [0.0, 0.2, 0.5]
    (tmp_path / "none.tsv").write_text("\n".join([events[0], saccade]))
    with pytest.raises(RequestError, match=r"no fixation among its 1 events \(saccade\)\. Name"):
        read_csv(tmp_path / "none.tsv", size=SIZE)
    (tmp_path / "labelled.csv").write_text("x,y,duration,label,start_x\n1,2,.1,tree,9\n")
    (read,) = read_csv(tmp_path / "labelled.csv", size=SIZE)
    assert read.path.x_px.tolist() == [1.0]


def test_events_of_pymovements_and_the_mat_of_osie_are_tables_of_fixations(tmp_path: Path) -> None:
    path = scanpath([1, 2], [4, 5], [0.125, 0.25], [0.0, 0.5], size=SIZE)
    write_events(tmp_path / "events.tsv", path, style="pymovements")
    (tmp_path / "located.csv").write_text(
        "name,onset,offset,duration,location,viewer\n"
        'saccade,0,9,9,"[0, 0]",ann\nfixation_ivt,0,125,125,"[1, 4]",ann\n'
        'fixation_ivt,500,750,250,"[2, 5]",ann\n'
    )
    write_osie(tmp_path / "fixations.mat", [Viewing(path, "1001.jpg", "ann")])
    for name in ("events.tsv", "located.csv", "fixations.mat"):
        (read,) = read_csv(tmp_path / name, size=SIZE)
        assert bits(read.path)[:3] == bits(path)[:3]
        assert (read.path.start_s[1] == 0.5) == (name != "fixations.mat")
        assert (read.image, read.viewer) == {
            "events.tsv": ("", ""), "located.csv": ("", "ann"), "fixations.mat": ("1001.jpg", "0"),
        }[name]  # fmt: skip
    (read,) = read_csv(tmp_path / "fixations.mat")
    assert (read.path.width_px, read.path.height_px) == (800, 600)
