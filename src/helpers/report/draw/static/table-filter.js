/* A field above every long table that hides the rows without the words typed into it. Tables are whole without scripts. */
(function () {
  "use strict";

  var LONG = 15;

  function begin() {
    document.querySelectorAll(".sr-table .sr-scroll").forEach(function (box) {
      var rows = Array.prototype.slice.call(box.querySelectorAll("tbody tr"));
      if (rows.length < LONG) { return; }
      var field = document.createElement("input"), said = document.createElement("span");
      field.type = "search";
      field.placeholder = "Filter rows";
      field.setAttribute("aria-label", "Filter rows of: " + box.getAttribute("aria-label"));
      said.setAttribute("role", "status");
      field.addEventListener("input", function () {
        var words = field.value.toLowerCase().split(/\s+/).filter(Boolean), shown = 0;
        rows.forEach(function (row) {
          var text = row.textContent.toLowerCase();
          row.hidden = !words.every(function (word) { return text.indexOf(word) >= 0; });
          shown += row.hidden ? 0 : 1;
        });
        said.textContent = words.length ? shown + " of " + rows.length + " rows" : "";
      });
      var bar = document.createElement("div");
      bar.className = "sr-filter";
      bar.append(field, said);
      box.before(bar);
    });
  }

  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", begin); } else { begin(); }
})();
