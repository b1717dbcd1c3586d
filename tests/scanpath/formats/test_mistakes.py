"""What is wrong in a file is said in a sentence that names the place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neurogate.errors import RequestError
from neurogate.scanpath.formats.events import read_events
from neurogate.scanpath.formats.fixation_table import read_csv
from neurogate.scanpath.formats.osie import read_osie
from neurogate.scanpath.formats.vectors import read_vectors

SIZE = (80.0, 60.0)
GAZE = "x,y,duration,start,viewer,image\n1,2,.2,0,a,cat\n3,4,.3,.2,a,cat\n5,6,.1,0,b,dog\n"


def events(file: Path, size: Any) -> Any:
    return read_events(file, style="bids", size=size)


@pytest.mark.parametrize("read", [read_csv, read_vectors, events])
def test_a_file_without_fixations_is_refused(tmp_path: Path, read: Callable[..., Any]) -> None:
    file = tmp_path / "gaze.csv"
    file.write_text(" \n")
    with pytest.raises(RequestError, match=r"gaze\.csv is empty"):
        read(file, size=SIZE)
    file.write_text("x,y,duration\n\n")
    with pytest.raises(RequestError, match="has a header but no fixations"):
        read(file, size=SIZE)
    with pytest.raises(RequestError, match=r"none\.csv cannot be read: No such file"):
        read(tmp_path / "none.csv", size=SIZE)
    file.write_bytes(b"x,y\n\xff\xfe\n")
    with pytest.raises(RequestError, match="is not text in UTF-8"):
        read(file, size=SIZE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x,duration\n1,2\n", "has no column y. It has x, duration"),
        ("x;y;duration\n1;2;.1\n", "no column x. It has x;y;duration. Put a comma or a tab"),
        ("x,y,y,duration\n1,2,3,4\n", "two columns of one name: x, y, y, duration"),
        ("x,y,duration\n1,2,.1\n\n3,4\n", "Line 4 of .* has 2 cells, its header 3"),
        ("x,y,duration\n1,2,long\n", "Line 2 of .* has 'long' as duration"),
        ("x,y,duration\n1,n/a,.1\n", "Fixation 0 .* a number that is missing"),
        ("x,y,duration\n1,2,-1\n", "gaze.csv: Fixation 0 lasts -1 s"),
        ("x,y,duration,start,viewer\n1,2,1,1,b\n1,2,1,0,b\n", "viewer b: Fixation 1 starts at 0 s, before"),
        ('x,y,duration\n1,2,"' + "9" * 200_000 + '"\n', "cannot be read: field larger"),
    ],
)
def test_a_mistake_in_a_csv_is_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "gaze.csv"
    file.write_text(text)
    with pytest.raises(RequestError, match=said):
        read_csv(file, size=SIZE)


def test_a_csv_without_one_size_of_each_picture_is_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "gaze.csv"
    file.write_text("x,y,duration,width\n1,2,.1,80\n")
    with pytest.raises(RequestError, match="does not say how large the pictures are"):
        read_csv(file)
    for cells, side in ((",60", "width"), ("80,n/a", "height")):
        file.write_text(f"x,y,duration,width,height\n1,2,.1,{cells}\n")
        with pytest.raises(RequestError, match=rf"Line 2 of .*gaze\.csv has no {side}\. Give it"):
            read_csv(file)
    file.write_text("x,y,duration,width,height\n1,2,.1,80,60\n1,2,.1,80,70\n")
    with pytest.raises(RequestError, match=r"Line 3 of .* 80 x 70 px, which was 80 x 60 px above"):
        read_csv(file)


def test_what_is_no_scanpath_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    file = tmp_path / "gaze.csv"
    file.write_text(GAZE.replace("5,6", "5,nan"))
    complaints: list[str] = []
    read = read_csv(file, size={"cat": SIZE}, complaints=complaints)
    assert [each.viewer for each in read] == ["a"]
    assert complaints == [
        f"{file}, image dog, viewer b: No size is given of image 'dog'. Sizes are there of cat."
    ]
    complaints.clear()
    read_csv(file, size=SIZE, complaints=complaints)
    assert len(complaints) == 1
    assert "a number that is missing" in complaints[0]


def test_policies_reach_the_scanpaths(tmp_path: Path) -> None:
    file = tmp_path / "gaze.csv"
    file.write_text("\ufeff" + GAZE.replace("3,4", "99,4").replace("5,6", "5,"))
    read = read_csv(file, size=SIZE, missing="drop", outside="drop", px_per_degree=25)
    assert [len(each.path) for each in read] == [1, 0]
    assert read[0].path.px_per_degree == 25
    with pytest.raises(
        RequestError, match=r"image cat, viewer a: Fixation 1 .* outside the picture of 80 x 60"
    ):
        read_csv(file, size=SIZE, missing="drop", outside="refuse")


def test_events_other_than_fixations_are_passed_over(tmp_path: Path) -> None:
    file = tmp_path / "events.tsv"
    file.write_text(
        'name,onset,offset,duration,location\nfixation_ivt,1000,1200,200,"[1.5, 2]"\nsaccade,0,9,9,\n'
    )
    path = read_events(file, style="pymovements", size=SIZE)
    assert (path.x_px.tolist(), path.duration_s.tolist(), path.start_s.tolist()) == ([1.5], [0.2], [1.0])
    file.write_text("onset\tduration\tlabel\tstart_x\tstart_y\n0\t1\tSACC\t1\t1\n0\t1\tPURS\t1\t1\n")
    with pytest.raises(RequestError, match=r"no fixation among its 2 events \(PURS, SACC\)"):
        events(file, SIZE)
    with pytest.raises(RequestError, match=r"has no column name\. It has onset"):
        read_events(file, style="pymovements", size=SIZE)


def test_a_place_of_pymovements_is_two_numbers(tmp_path: Path) -> None:
    file = tmp_path / "events.tsv"
    file.write_text('name,onset,offset,duration,location\nfixation,0,9,9,"[1, 2, 3]"\n')
    with pytest.raises(RequestError, match=r"Line 2 of .* has '\[1, 2, 3\]' as location"):
        read_events(file, style="pymovements", size=SIZE)


def test_what_is_no_mat_of_osie_is_refused(tmp_path: Path) -> None:
    from scipy.io import savemat

    file = tmp_path / "a.mat"
    with pytest.raises(RequestError, match="cannot be read: No such file"):
        read_osie(file)
    file.write_text("")
    with pytest.raises(RequestError, match="that can be read"):
        read_osie(file)
    savemat(file, {"fixations": [1.0, 2.0]})
    with pytest.raises(RequestError, match="no structs fixations"):
        read_osie(file)


def test_trials_of_one_viewer_are_scanpaths_of_their_own(tmp_path: Path) -> None:
    file = tmp_path / "events.tsv"
    header = "onset\tduration\ttrial_type\tx\ty\tsubject\ttrial\n"
    file.write_text(header + "0\t.2\tfixation\t1\t2\ta\t1\n1\t.2\tfixation\t1\t2\tb\t2\n")
    assert [each.viewer for each in read_csv(file, size=(8, 6))] == ["a", "b"]
    file.write_text(header + "0\t.2\tfixation\t1\t2\ta\t1\n1\t.2\tfixation\t1\t2\ta\t2\n")
    assert [(each.viewer, len(each.path)) for each in read_csv(file, size=(8, 6))] == [
        ("a, trial 1", 1), ("a, trial 2", 1),
    ]  # fmt: skip
    with pytest.raises(RequestError, match="one scanpath of more than one trial: 1, 2"):
        events(file, size=(8, 6))
    header = "x,y,duration,participant,subject,run,trial\n"
    file.write_text(header + "1,2,.2,a,s,1,7\n1,2,.2,a,s,2,7\n3,4,.2,a,s,1,7\n")
    found = read_csv(file, size=(8, 6))
    assert [(each.viewer, each.path.x_px.tolist()) for each in found] == [
        ("s, run 1", [1, 3]),
        ("s, run 2", [1]),
    ]
    file.write_text(header + "1,2,.2,a,s,1,7\n1,2,.2,b,s,1,7\n")
    with pytest.raises(RequestError, match="one scanpath of more than one participant: a, b"):
        read_csv(file, size=(8, 6))


def test_events_in_milliseconds_without_their_place_are_not_read_as_seconds(tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("name,onset,duration,x,y\nfixation,0,200,1,2\n")
    with pytest.raises(RequestError, match="Name the columns location_x and location_y"):
        read_csv(file, size=(8, 6))
