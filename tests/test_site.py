"""The site of the documents: every page is in it, links lead somewhere, and nothing comes from elsewhere."""

import re
import subprocess

import pytest

from docs import make_site
from tests.test_docs import PAGES


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    make_site.build(folder)
    return folder


def test_every_page_is_in_the_navigation(site):
    start = (site / "index.html").read_text(encoding="utf-8")
    menu = set(re.findall(r'<a href="([\w.-]+)\.html" class="md-nav__link', start))
    assert menu >= {page.stem for page in PAGES if page.name != "README.md"}


def test_nothing_is_loaded_from_elsewhere(site):
    for page in site.glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r'(?:src|srcset)="(?:https?:)?//[^"]*', text)
        assert not re.findall(r'<link[^>]*href="(?:https?:)?//[^"]*', text)
    for sheet in site.rglob("*.css"):
        assert not re.findall(r"url\([\"']?(?:https?:)?//[^)]*", sheet.read_text(encoding="utf-8"))


def test_items_of_a_list_with_blocks_are_items(site):
    configuration = (site / "configuration.html").read_text(encoding="utf-8")
    first = configuration.partition('id="by-hand"')[2].partition("</ol>")[0]
    assert first.count("<li>") == 4


def test_a_link_that_leads_nowhere_is_an_error(tmp_path, monkeypatch):
    pages = make_site.sources()
    for target in ("[x](install.md#no-such-heading)", "[x](no-such-page.md)"):
        changed = pages | {"filter.md": f"{pages['filter.md']}\n{target}\n"}
        monkeypatch.setattr(make_site, "sources", lambda changed=changed: changed)
        with pytest.raises(subprocess.CalledProcessError):
            make_site.build(tmp_path / "site")
