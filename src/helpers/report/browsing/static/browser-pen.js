/* A canvas with the theme's colours and a left margin for labels: lines, words, patterns, a scale bar, a clock axis. Both drawings of
   the subject browser, a night and an epoch, are made with it. */
(function (browser) {
  "use strict";

  var FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

  var Pen = browser.Pen = function (canvas, height) {
    var style = getComputedStyle(canvas), ratio = globalThis.devicePixelRatio || 1;
    var width = canvas.parentElement.clientWidth;
    canvas.style.height = height + "px";
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    var context = this.context = canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = FONT;
    this.left = 58;
    this.right = width - 10;
    this.width = this.right - this.left;
    ["text", "muted", "grid", "paper", "predicted"].forEach(function (name) {
      this[name] = style.getPropertyValue("--sr-" + name).trim();
    }, this);
  };

  Pen.prototype.write = function (text, x, y, colour, align) {
    this.context.fillStyle = colour || this.muted;
    this.context.textAlign = align || "left";
    this.context.textBaseline = "middle";
    this.context.fillText(text, x, y);
  };

  /* A label in the left margin. */
  Pen.prototype.label = function (text, y) { this.write(text, this.left - 8, y, this.muted, "right"); };

  Pen.prototype.line = function (x, y, toX, toY, colour, width) {
    var context = this.context;
    context.strokeStyle = colour;
    context.lineWidth = width || 1;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(toX, toY);
    context.stroke();
  };

  /* A line through points [x, y]. */
  Pen.prototype.path = function (points, colour) {
    var context = this.context;
    context.strokeStyle = colour;
    context.lineWidth = 1;
    context.beginPath();
    points.forEach(function (point) { context.lineTo(point[0], point[1]); });
    context.stroke();
  };

  Pen.prototype.within = function (y, height, draw) {
    this.context.save();
    this.context.beginPath();
    this.context.rect(this.left, y, this.width, height);
    this.context.clip();
    draw.call(this);
    this.context.restore();
  };

  /* A bar that shows how much is how high, where a panel holds `range` of the unit. */
  Pen.prototype.scaleBar = function (y, height, range, unit) {
    var bar = browser.scaleBar(height, range), middle = y + height / 2, x = this.left - 5;
    this.line(x, middle - bar.length / 2, x, middle + bar.length / 2, this.text, 2);
    this.write(bar.value + " " + unit, x - 5, middle, this.muted, "right");
  };

  /* Clock times below a drawing whose foot is at y. */
  Pen.prototype.axis = function (night, along, span, y) {
    var ticks = browser.ticks(night, span, this.width);
    ticks.seconds.forEach(function (tick) {
      var x = along.x(tick);
      this.line(x, y, x, y + 4, this.muted);
      if (x < this.right - 14) { this.write(browser.clock(night, tick, ticks.step >= 60), x, y + 13, this.muted, "center"); }
    }, this);
  };

  /* Fills that stay apart without colour. */
  Pen.prototype.fill = function (colour, pattern) {
    return pattern ? this.context.createPattern(browser.tile(colour, pattern), "repeat") : colour;
  };

  browser.tile = function (colour, pattern) {
    var tile = document.createElement("canvas");
    tile.width = tile.height = 6;
    var context = tile.getContext("2d");
    context.fillStyle = colour;
    context.fillRect(0, 0, 6, 6);
    context.strokeStyle = "rgba(255,255,255,0.65)";
    context.beginPath();
    if (pattern === "/" || pattern === "x") { context.moveTo(0, 6); context.lineTo(6, 0); }
    if (pattern === "x") { context.moveTo(0, 0); context.lineTo(6, 6); }
    if (pattern === "-" || pattern === "+") { context.moveTo(0, 3); context.lineTo(6, 3); }
    if (pattern === "+") { context.moveTo(3, 0); context.lineTo(3, 6); }
    if (pattern === ".") { context.rect(2, 2, 1, 1); }
    context.stroke();
    return tile;
  };

  browser.make = function (tag, properties, children) {
    var element = document.createElement(tag);
    Object.keys(properties || {}).forEach(function (name) {
      if (name.indexOf("aria-") === 0 || name === "role" || name === "for") { element.setAttribute(name, properties[name]); }
      else { element[name] = properties[name]; }
    });
    (children || []).forEach(function (child) { element.append(child); });
    return element;
  };
})(SleepBrowser);
