/* Draws the figures of a page. A figure is <div class="sr-figure"> around <script type="application/json"> with
   {data, layout, config} as Plotly takes them; colours written var(--sr-…) are the theme's (figures.css) and are looked
   up here, again when the reader changes the theme. A switch is <div class="sr-switch"> of radio buttons whose value
   names the .sr-panel to show. A classic script: browsers refuse modules on file://. */
(function () {
  "use strict";

  function themed(value, style) {
    if (typeof value === "string") {
      return value.replace(/var\((--sr-[a-z]+)\)/g, function (_, name) { return style.getPropertyValue(name).trim(); });
    }
    if (Array.isArray(value)) { return value.map(function (item) { return themed(item, style); }); }
    if (value && typeof value === "object") {
      var copy = {};
      Object.keys(value).forEach(function (key) { copy[key] = themed(value[key], style); });
      return copy;
    }
    return value;
  }

  function draw(figure) {
    if (!figure.spec) { figure.spec = JSON.parse(figure.querySelector("script").textContent); }
    if (!figure.plot) {
      figure.plot = document.createElement("div");
      figure.plot.className = "sr-plot";
      figure.plot.style.height = "100%";
      figure.appendChild(figure.plot);
    }
    var style = getComputedStyle(document.documentElement);
    var layout = Object.assign({}, themed(figure.spec.layout, style), { autosize: true });
    Plotly.react(figure.plot, themed(figure.spec.data, style), layout, figure.spec.config);
  }

  function figures() { return Array.prototype.slice.call(document.querySelectorAll(".sr-figure")); }

  function visible(figure) { return !figure.closest("[hidden]"); }

  function drawAll() { figures().filter(visible).forEach(draw); }

  function choose(radio) {
    document.querySelectorAll('.sr-panel[data-switch="' + radio.name + '"]').forEach(function (panel) {
      panel.hidden = panel.dataset.value !== radio.value;
      if (!panel.hidden) {
        panel.querySelectorAll(".sr-figure").forEach(function (figure) {
          draw(figure);
          Plotly.Plots.resize(figure.plot);
        });
      }
    });
  }

  function begin() {
    if (!figures().length) { return; }
    drawAll();
    document.querySelectorAll(".sr-switch input").forEach(function (radio) {
      radio.addEventListener("change", function () { choose(radio); });
      if (radio.checked) { choose(radio); }
    });
    new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  }

  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", begin); } else { begin(); }
})();
