"""A picture inside a page has words, names of its own, and needs nothing from outside."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from neurogate.plotting.picture import Picture, inline_svg
from neurogate.plotting.raster import raster
from neurogate.plotting.style import figure

SVG = "{http://www.w3.org/2000/svg}"


def drawn():
    axes = raster([5.0, 9.0, 12.0], [0, 2, 1], [0, 0, 1], (-10.0, 20.0), marks={"cue": 0.0})[0].axes
    return Picture(axes.figure, "Spikes & more", 'Three "spikes" < four.')


@pytest.fixture
def svg():
    return inline_svg(drawn(), "fig-1")


def test_title_and_description_name_the_picture(svg):
    root = ET.fromstring(svg)  # noqa: S314
    assert root.get("role") == "img"
    words = {root.find(f"{SVG}{tag}").get("id"): root.find(f"{SVG}{tag}").text for tag in ("title", "desc")}
    assert words == {"fig-1-title": "Spikes & more", "fig-1-desc": 'Three "spikes" < four.'}
    assert root.get("aria-labelledby").split() == list(words)


def test_every_name_is_the_pictures_own_and_every_reference_finds_one(svg):
    ids = re.findall(r'\bid="([^"]*)"', svg)
    assert len(ids) == len(set(ids))
    assert all(name.startswith("fig-1") for name in ids)
    used = re.findall(r'(?:xlink:href="|url\()#([^")]*)', svg)
    assert used
    assert set(used) <= set(ids)


def test_styles_reach_no_further_than_the_picture(svg):
    for sheet in re.findall(r"<style[^>]*>(.*?)</style>", svg, re.DOTALL):
        assert sheet.startswith("#fig-1 ")


def test_nothing_is_loaded_from_elsewhere_and_nothing_tells_the_date(svg):
    links = re.findall(r'(?:href|src)="([^"]*)"', svg)
    assert all(link.startswith(("#", "data:")) for link in links)
    assert "metadata" not in svg
    assert "<!DOCTYPE" not in svg


def test_the_same_picture_gives_the_same_text():
    assert inline_svg(drawn(), "a") == inline_svg(drawn(), "a")


def test_an_empty_figure_is_a_picture_too():
    assert ET.fromstring(inline_svg(Picture(figure(20.0, 10.0), "", ""), "x")).get("id") == "x"  # noqa: S314
