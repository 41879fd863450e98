"""Holds HTML reports to what each of them promises, by Python's own readers: they are well-formed, ask for nothing,
allow no script or style but their own, name each element once, and link to what is there."""
import base64
import hashlib
import re
import sys
import xml.etree.ElementTree as tree

ALLOWED = {
    "html", "head", "meta", "title", "style", "script", "body", "header", "main", "footer", "nav", "section", "article",
    "div", "h1", "h2", "h3", "p", "a", "b", "small", "span", "code", "dfn", "time", "dl", "dt", "dd", "ul", "ol", "li",
    "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary", "label", "input", "fieldset", "legend",
    "button", "output", "svg", "g", "line", "path", "text",
}


def hash_of(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def check(path):
    text = open(path, encoding="utf-8", newline="").read()
    root = tree.fromstring(text)
    elements = list(root.iter())
    by_tag = {}
    for element in elements:
        by_tag.setdefault(element.tag, []).append(element)
    assert set(by_tag) <= ALLOWED, set(by_tag) - ALLOWED
    assert root.get("lang") == "en" and len(by_tag["h1"]) == 1 and len(by_tag["main"]) == 1
    policy = [meta.get("content") for meta in by_tag["meta"] if meta.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", text, re.S).group(1)
    script = re.search(r"<script>(.*?)</script>", text, re.S).group(1)
    assert policy == [f"default-src 'none'; style-src '{hash_of(style)}'; script-src '{hash_of(script)}'; "
                      "base-uri 'none'; form-action 'none'"], policy
    assert len(by_tag["style"]) == len(by_tag["script"]) == 1
    assert not re.search(r"@import|url\(|https?:", style) and not re.search(r"fetch|XMLHttp|import|eval|https?:", script)
    ids = [element.get("id") for element in elements if element.get("id") is not None]
    assert len(ids) == len(set(ids)), "an id stands twice"
    for element in elements:
        for name, value in element.attrib.items():
            assert name != "style" and not name.startswith("on") and name not in ("src", "srcset", "action"), name
            if name == "href":
                assert value.startswith("#") and value[1:] in ids, value
            if name == "aria-labelledby":
                assert value in ids, value
    for table in by_tag.get("table", []):
        assert table.find("caption") is not None, "a table without a caption"
        columns = {len(row) for row in table.iter("tr")}
        assert len(columns) == 1, "rows of different lengths"
    for svg in by_tag.get("svg", []):
        assert svg.get("aria-label"), "a drawing that a screen reader cannot tell"
    levels = [int(element.tag[1]) for element in elements if element.tag in ("h1", "h2", "h3")]
    assert levels[0] == 1 and all(next_level - level <= 1 for level, next_level in zip(levels, levels[1:])), levels


for report in sys.argv[1:]:
    check(report)
