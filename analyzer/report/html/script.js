// The page is whole without this script: it filters, sorts and folds what is there, and asks for nothing. Neither a
// less-than sign nor an ampersand stands in it, so that the page can be read as XML as well.
"use strict";
(function () {
  const all = function (selector, within) { return Array.from((within || document).querySelectorAll(selector)); };
  const filter = document.getElementById("filter");
  const matches = document.getElementById("matches");
  const severities = all("input.severity");

  function holds(element, words) {
    const text = element.textContent.toLowerCase();
    return words.every(function (word) { return text.includes(word); });
  }

  // A rule whose heading matches shows all its places; else those places that match.
  function apply() {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    const shown = severities.filter(function (box) { return box.checked; }).map(function (box) { return box.value; });
    let found = 0;
    all("section.rule").forEach(function (rule) {
      const wanted = shown.includes(rule.dataset.severity);
      const rows = all("tr.place", rule);
      const whole = words.length === 0 || holds(rule.querySelector("h3"), words);
      let kept = 0;
      rows.forEach(function (row) {
        row.hidden = !(whole || holds(row, words));
        if (!row.hidden) kept += 1;
      });
      rule.hidden = !(wanted ? (whole || kept > 0 || (rows.length === 0 ? holds(rule, words) : false)) : false);
      if (!rule.hidden) found += 1;
    });
    all("details.procedure, section.card, details.sent").forEach(function (part) {
      part.hidden = !(words.length === 0 || holds(part, words));
    });
    matches.textContent = words.length === 0 ? (shown.length === severities.length ? "" : found + " rules shown") : found + " rules match";
  }

  function keyOf(row, column) {
    const cell = row.cells[column];
    const given = cell.getAttribute("data-sort");
    const text = given === null ? cell.textContent.trim() : given;
    const number = text === "" ? NaN : Number(text.replace(/,/g, ""));
    return { text: text, number: number };
  }

  function compare(a, b) {
    if (!Number.isNaN(a.number)) {
      if (!Number.isNaN(b.number)) return a.number - b.number;
    }
    return a.text === b.text ? 0 : (a.text > b.text ? 1 : -1);
  }

  function sort(table, column, head) {
    const down = head.getAttribute("aria-sort") === "ascending";
    all("thead th", table).forEach(function (other) { other.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = Array.from(body.rows).map(function (row) { return { row: row, key: keyOf(row, column) }; });
    rows.sort(function (a, b) { return down ? compare(b.key, a.key) : compare(a.key, b.key); });
    rows.forEach(function (entry) { body.appendChild(entry.row); });
  }

  all("table.sortable").forEach(function (table) {
    all("thead th[scope]", table).forEach(function (head, column) {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(button);
      button.addEventListener("click", function () { sort(table, column, head); });
    });
  });

  function fold(open) { all("main details").forEach(function (part) { part.open = open; }); }

  // A link into something that is folded, or filtered away, unfolds it.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target === null) return;
    for (let part = target; part !== null; part = part.parentElement) {
      part.hidden = false;
      if (part.tagName === "DETAILS") part.open = true;
    }
    target.scrollIntoView();
  }

  filter.addEventListener("input", apply);
  severities.forEach(function (box) { box.addEventListener("change", apply); });
  document.getElementById("unfold").addEventListener("click", function () { fold(true); });
  document.getElementById("fold").addEventListener("click", function () { fold(false); });
  document.querySelector(".controls").hidden = false;
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", function () { fold(true); });
  if (location.hash !== "") reveal();
}());
