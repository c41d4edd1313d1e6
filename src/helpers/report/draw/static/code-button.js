/* One button at the top of a page shows the code of all its cells, which is away until then. Without scripts each cell keeps
   its own toggle. */
(function () {
  "use strict";

  function begin() {
    var toggles = document.querySelectorAll("details.above-input"), bar = document.querySelector(".article-header-buttons");
    if (!toggles.length || !bar) { return; }
    var button = document.createElement("button");
    button.type = "button";
    button.className = "btn btn-sm sr-code-button";
    button.textContent = "Code";
    function show(shown) {
      button.setAttribute("aria-pressed", String(shown));
      button.title = shown ? "Hide the code of this page" : "Show the code of this page";
      document.documentElement.classList.toggle("sr-code-away", !shown);
      toggles.forEach(function (toggle) { toggle.open = shown; });
    }
    button.addEventListener("click", function () { show(button.getAttribute("aria-pressed") === "false"); });
    bar.prepend(button);
    show(false);
  }

  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", begin); } else { begin(); }
})();
