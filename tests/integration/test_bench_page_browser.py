"""The page of bench in a real browser: Debian's chromium (apt-get install chromium)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from browser import Page, browser_page, find_browser
from judged import entry, index_lost, nasty, run
from platformdb.bench.shown.page.page import as_page

pytestmark = pytest.mark.skipif(find_browser() is None, reason="no chromium on this machine: apt-get install chromium")

# WCAG 2.2, 1.4.3 and 1.4.11: of text, and of what a picture or a field is recognised by.
TEXT, PARTS = 4.5, 3.0
# Of each text and its background, as drawn: the lowest contrast, and whose it is.
CONTRAST = """(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((c) => c / 255)
      .map((c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(color)) return color;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
  const of = (element, color) => {
    const [one, other] = [light(color), light(behind(element))].sort((a, b) => b - a);
    return [(one + .05) / (other + .05), element.className + ' ' + element.textContent.slice(0, 30)];
  };
  document.querySelectorAll('details').forEach((each) => each.open = true);
  const texts = [...document.querySelectorAll('main *')].filter((each) =>
    [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) && each.tagName !== 'title');
  const drawn = texts.map((each) => of(each, getComputedStyle(each)[each.closest('svg') ? 'fill' : 'color']));
  const parts = [['.bar span', 'li', 'backgroundColor'], ['polyline', '.card', 'stroke'],
      ['[type=search]', 'form', 'borderColor']]
    .flatMap(([what, on, how]) => [...document.querySelectorAll(what)]
      .map((each) => of(each.closest(on), getComputedStyle(each)[how])));
  const lowest = (all) => all.reduce((least, each) => each[0] < least[0] ? each : least);
  return {count: drawn.length, texts: lowest(drawn), parts: lowest(parts)};
})()"""
# What reaches beyond the right end of the screen, unless it scrolls by itself.
BEYOND = """[...document.querySelectorAll('main *')]
  .filter((each) => each.getClientRects().length && !each.closest('.wide') &&
    each.getBoundingClientRect().right > innerWidth + .5)
  .map((each) => each.tagName + '.' + each.className)"""
ROWS = "[...document.querySelectorAll('.overview tbody tr')].filter((row) => row.checkVisibility()).length"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    earlier = [run(entry(tree="feed_reference"), days=days) for days in range(-6, 0)]
    path = tmp_path_factory.mktemp("page") / "bench.html"
    path.write_text(as_page(index_lost(), history=earlier), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Page]:
    with browser_page() as page:
        yield page


@pytest.fixture
def page(browser: Page, path: Path) -> Page:
    browser.open(path)
    return browser


def texts(page: Page, selector: str) -> list[str]:
    every = f"[...document.querySelectorAll({selector!r})]"
    found: list[str] = page.value(f"{every}.filter((e) => e.checkVisibility()).map((e) => e.innerText.trim())")
    return found


def test_every_query_and_persona_is_there_and_nothing_is_loaded_or_complained_of(page: Page, path: Path) -> None:
    assert texts(page, ".overview td[data-name=persona]") == ["heaviest", "median", "median", "nothing"]
    assert texts(page, "section.query h2") == ["feed", "friends", "badge"]
    assert texts(page, "section.query h3") == ["heaviest", "median", "median", "nothing"]
    assert [told["request"]["url"] for told in page.told("Network.requestWillBeSent")] == [path.as_uri()]
    assert page.told("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded") == []


@pytest.mark.parametrize("width", [360, 768, 1024, 1280])
def test_the_page_never_scrolls_sideways(browser: Page, path: Path, width: int) -> None:
    browser.open(path, width=width)
    browser.value("document.querySelectorAll('details').forEach((each) => each.open = true)")
    assert browser.value("document.documentElement.scrollWidth <= innerWidth")
    assert browser.value("innerWidth") == width
    assert browser.value(BEYOND) == []


@pytest.mark.parametrize("name", ["feed", "posts", "heaviest", "plan-index-lost"])
def test_nor_does_it_with_long_names_on_a_phone(browser: Page, path: Path, tmp_path: Path, name: str) -> None:
    longer = tmp_path / "long.html"
    longer.write_text(path.read_text(encoding="utf-8").replace(name, "a_very_long_name_" * 6), encoding="utf-8")
    browser.open(longer, width=360)
    browser.value("document.querySelectorAll('details').forEach((each) => each.open = true)")
    assert browser.value(BEYOND) == []
    assert browser.value("[document.documentElement.scrollWidth, innerWidth]") == [360, 360]


def test_no_value_is_run(browser: Page, tmp_path: Path) -> None:
    path = tmp_path / "nasty.html"
    path.write_text(as_page(nasty()), encoding="utf-8")
    browser.open(path)
    assert browser.told("Page.javascriptDialogOpening", "Runtime.exceptionThrown", "Log.entryAdded") == []


@pytest.mark.parametrize("dark", [False, True])
def test_everything_can_be_read_by_day_and_by_night(browser: Page, path: Path, dark: bool) -> None:
    browser.open(path, dark=dark)
    background = browser.value("getComputedStyle(document.body).backgroundColor")
    assert (background == "rgb(20, 23, 26)") is dark
    found = browser.value(CONTRAST)
    assert found["count"] > 100
    assert found["texts"][0] >= TEXT, found["texts"]
    assert found["parts"][0] >= PARTS, found["parts"]


def test_the_search_leaves_what_has_the_words(page: Page) -> None:
    assert page.value(ROWS) == 4
    page.value("document.querySelector('input[type=search]').focus()")
    page.ask("Input.insertText", text="seq median")
    assert page.value(ROWS) == 1
    assert texts(page, "section.query h2") == ["feed"]
    assert texts(page, ".search output") == ["1 shown"]


def test_only_what_wants_a_look_is_left_by_the_box(page: Page) -> None:
    page.value("document.querySelector('input[type=checkbox]').focus()")
    page.press(" ", 32, " ")
    assert texts(page, ".overview td[data-name=persona]") == ["median", "median", "nothing"]


def test_a_key_opens_a_plan_and_a_link_leads_to_it(page: Page) -> None:
    folded = "document.getElementById('feed.heaviest')"
    assert not page.value(f"{folded}.open")
    page.value("document.querySelector('.overview a').focus()")
    page.press("Enter", 13, "\r")
    page.value("new Promise((done) => setTimeout(done, 50))")
    assert page.value(f"{folded}.open")
    assert page.value(f"document.activeElement.parentElement === {folded}")
    page.press("Enter", 13, "\r")
    assert not page.value(f"{folded}.open")


def test_all_of_it_is_there_without_scripts(browser: Page, path: Path) -> None:
    browser.ask("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(path)
        assert names(browser, "row")  # read by its tree, for no script of ours runs either
        assert {"heaviest", "median", "nothing"} <= names(browser, "link")
        assert not names(browser, "searchbox")
    finally:
        browser.ask("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.parametrize("width", [360, 1280])
def test_a_screen_reader_hears_a_table_lists_and_pictures(browser: Page, path: Path, width: int) -> None:
    browser.open(path, width=width)
    assert {"query", "persona", "verdict", "buffers"} <= names(browser, "columnheader")
    assert "feed" in names(browser, "cell")
    assert {"Find", "only what wants a look"} <= names(browser, "searchbox") | names(browser, "checkbox")
    assert any(name.startswith("Buffers of feed for median over 7 runs") for name in names(browser, "image"))
    levels = browser.value("[...document.querySelectorAll('h1,h2,h3,h4')].map((each) => +each.tagName[1])")
    assert all(below <= above + 1 for above, below in pairwise(levels))


def names(page: Page, role: str) -> set[str]:
    """What assistive technology is told of the parts with a role."""
    nodes: list[dict[str, Any]] = page.ask("Accessibility.getFullAXTree")["nodes"]
    return {
        node.get("name", {}).get("value", "").strip()
        for node in nodes
        if not node["ignored"] and node.get("role", {}).get("value", "").lower() == role
    }
