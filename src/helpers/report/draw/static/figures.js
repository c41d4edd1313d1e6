/* Draws the figures of a page. A figure is <div class="sr-figure"> around <script type="application/json"> with
   {data, layout, config} as Plotly takes them; colours written var(--sr-…) are the theme's (figures.css) and are looked
   up here, again when the reader changes the theme. A switch is one or several <div class="sr-switch"> of radio
   buttons; the values of those that are checked, together, name the .sr-panel to show. <div class="sr-downloads"> holds
   a link to the numbers and buttons for the picture.
   A classic script: browsers refuse modules on file://. */
(function () {
  "use strict";

  function themed(value, style) {
    if (typeof value === "string") {
      var name = /^var\((--sr-[a-z]+)\)$/.exec(value);
      return name ? style.getPropertyValue(name[1]).trim() : value;
    }
    if (Array.isArray(value)) { return value.map(function (item) { return themed(item, style); }); }
    if (value && typeof value === "object") {
      var copy = {};
      Object.keys(value).forEach(function (key) { copy[key] = themed(value[key], style); });
      return copy;
    }
    return value;
  }

  function spec(figure) {
    if (!figure.spec) { figure.spec = JSON.parse(figure.querySelector("script").textContent); }
    return figure.spec;
  }

  function draw(figure) {
    if (!figure.plot) {
      figure.plot = document.createElement("div");
      figure.plot.className = "sr-plot";
      figure.plot.style.height = "100%";
      figure.appendChild(figure.plot);
    }
    var style = getComputedStyle(document.documentElement);
    var layout = Object.assign({}, themed(spec(figure).layout, style), { autosize: true });
    Plotly.react(figure.plot, themed(spec(figure).data, style), layout, spec(figure).config);
  }

  function figures() { return Array.prototype.slice.call(document.querySelectorAll(".sr-figure")); }

  function visible(figure) { return !figure.closest("[hidden]"); }

  /* One figure after the other, so that the page is there and answers before the last is drawn. */
  function drawAll() {
    var waiting = figures().filter(visible);
    (function next() {
      if (!waiting.length) { return; }
      draw(waiting.shift());
      setTimeout(next);
    })();
  }

  /* Of everything that belongs to the switch of a button: what `kind` selects. */
  function parts(kind, radio) {
    var group = radio.closest(".sr-switch").dataset.switch;
    return Array.prototype.slice.call(document.querySelectorAll(kind.replace("*", '[data-switch="' + group + '"]')));
  }

  function panels(radio) { return parts(".sr-panel*", radio); }

  function show(radio) {
    var value = parts(".sr-switch* input:checked", radio).map(function (input) { return input.value; }).join(" ");
    panels(radio).forEach(function (panel) { panel.hidden = panel.dataset.value !== value; });
  }

  function choose(radio) {
    show(radio);
    panels(radio).filter(visible).forEach(function (panel) {
      panel.querySelectorAll(".sr-figure").forEach(function (figure) {
        draw(figure);
        Plotly.Plots.resize(figure.plot);
      });
    });
  }

  /* `03_global_relevance-all-epochs`: the page's own name goes before what the figure is called. */
  function named(name) {
    return decodeURIComponent(location.pathname.split("/").pop()).replace(/\.html$/, "") + "-" + name;
  }

  /* A picture for a paper or a slide: in the light colours on their paper whatever the theme, 900 px wide on any screen. */
  function save(button) {
    var bar = button.parentElement, figure = bar.closest(".sr-box").querySelector(".sr-figure");
    var light = bar.appendChild(document.createElement("span"));
    light.className = "sr-light";
    var style = getComputedStyle(light), layout = themed(spec(figure).layout, style);
    layout.paper_bgcolor = style.getPropertyValue("--sr-paper").trim();
    var picture = { data: themed(spec(figure).data, style), layout: layout, config: spec(figure).config };
    light.remove();
    return Plotly.downloadImage(picture, { format: button.value, width: 900, height: layout.height,
      scale: button.value === "png" ? 2 : 1, filename: named(bar.dataset.name) });
  }

  function begin() {
    document.querySelectorAll(".sr-downloads a").forEach(function (link) { link.download = named(link.download); });
    document.querySelectorAll(".sr-downloads button").forEach(function (button) {
      button.addEventListener("click", function () { save(button); });
    });
    if (!figures().length) { return; }
    document.querySelectorAll(".sr-switch input").forEach(function (radio) {
      radio.addEventListener("change", function () { choose(radio); });
      if (radio.checked) { show(radio); }
    });
    drawAll();
    new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  }

  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", begin); } else { begin(); }
})();
