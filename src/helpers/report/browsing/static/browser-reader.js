/* What a reader does in the subject browser: keys, clicks, drags and the wheel change its state; a mouse that rests reads values off. */
(function (browser) {
  "use strict";

  var Browser = browser.Browser, WORDS = { disagrees: "disagreement", changes: "stage change", opens: "epoch that opens" };

  /* Change the state as a reader does: the host is told. */
  Browser.prototype.go = function (wanted) {
    var own = this;
    return this.set(wanted).then(function () { own.changed(own.state(), own); }).catch(function () {});
  };

  Browser.prototype.pan = function (part) {
    if (!this.night) { return; }
    var span = this.current.window, by = part * (span[1] - span[0]);
    this.go({ window: [span[0] + by, span[1] + by] });
  };

  Browser.prototype.zoom = function (factor, at) {
    if (!this.night) { return; }
    var span = this.current.window, slot = this.current.slot;
    if (at === undefined) { at = slot >= 0 ? this.night.arrays.onset[slot] + this.night.epoch_s / 2 : (span[0] + span[1]) / 2; }
    at = Math.min(Math.max(at, span[0]), span[1]);
    this.go({ window: [at - (at - span[0]) * factor, at + (span[1] - at) * factor] });
  };

  /* Choose a slot, with the window moved so that it is seen: the whole of it, or as much as there is room for. */
  Browser.prototype.choose = function (slot) {
    var span = this.current.window, length = span[1] - span[0], long = this.night.epoch_s, onset = this.night.arrays.onset[slot];
    var seen = Math.min(span[1], onset + long) - Math.max(span[0], onset);
    if (length < long ? seen <= 0 : seen < long) { span = [onset + (long - length) / 2, onset + (long + length) / 2]; }
    this.go({ epoch: this.night.arrays.epoch[slot], window: span });
  };

  /* The slot from which a step goes forwards or backwards: the chosen one, or the edge of the view. */
  Browser.prototype.from = function (step) {
    if (this.current.slot >= 0) { return this.current.slot; }
    return this.pen.slots.length ? this.pen.slots[0] - (step > 0 ? 1 : 0) : -1;
  };

  Browser.prototype.seek = function (step, what) {
    if (!this.night) { return; }
    var own = this, found = browser.next(this.view.n, this.from(step), step, function (slot) { return browser[what](own.night, own.view, slot); });
    if (found >= 0) { this.choose(found); return; }
    this.say("There is no " + (step > 0 ? "later " : "earlier ") + WORDS[what] + " in this night.");
  };

  Browser.prototype.step = function (step) {
    var slot = this.from(step) + step;
    if (slot >= 0 && slot < this.view.n) { this.choose(slot); }
  };

  Browser.prototype.key = function (event) {
    var own = this, keys = {
      ArrowLeft: function () { if (event.shiftKey) { own.pan(-0.25); } else { own.step(-1); } },
      ArrowRight: function () { if (event.shiftKey) { own.pan(0.25); } else { own.step(1); } },
      "+": function () { own.zoom(0.5); }, "=": function () { own.zoom(0.5); }, "-": function () { own.zoom(2); },
      "0": function () { own.go({ window: null }); }, f: function () { own.go({ filter: !own.current.filter }); },
      d: function () { own.seek(1, "disagrees"); }, D: function () { own.seek(-1, "disagrees"); },
      s: function () { own.seek(1, "changes"); }, S: function () { own.seek(-1, "changes"); },
      o: function () { own.seek(1, "opens"); }, O: function () { own.seek(-1, "opens"); },
      Enter: function () { if (own.current.slot < 0) { own.step(1); } else { own.opened.scrollIntoView({ block: "nearest" }); } },
      Escape: function () { own.go({ epoch: null }); own.stage.focus(); } };
    if (!this.night || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) { return; }
    var held = event.target.tagName;  // a control that takes this key itself
    if (held === "SELECT" && event.key !== "Escape" || /^(A|BUTTON|SUMMARY)$/.test(held) && event.key === "Enter") { return; }
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  };

  Browser.prototype.listen = function (element) {
    var own = this, canvas = this.canvas, down = null;
    element.addEventListener("keydown", function (event) { own.key(event); });
    function seconds(event) { return own.pen.along.seconds(event.offsetX); }
    browser.tell(canvas, this.tip, function (x) {
      if (!own.night || down || x < own.pen.left || x > own.pen.right) { return []; }
      var at = own.pen.along.seconds(x), slot = browser.slotsIn(own.night, [at, at + 1e-6])[0];
      return slot === undefined ? [] : browser.reading(own.index, own.night, own.view, slot, at);
    });
    canvas.addEventListener("pointerdown", function (event) {
      if (!own.night || event.button) { return; }
      down = { x: event.offsetX, span: own.current.window, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", function (event) {
      if (!down) { return; }
      var by = (down.x - event.offsetX) / own.pen.width * (down.span[1] - down.span[0]);
      down.moved = down.moved || Math.abs(down.x - event.offsetX) > 4;
      if (down.moved) { own.go({ window: [down.span[0] + by, down.span[1] + by] }); }
    });
    canvas.addEventListener("pointerup", function (event) {
      if (!own.night) { down = null; return; }
      var clicked = down && !down.moved, at = seconds(event);
      down = null;
      if (!clicked) { return; }
      var slot = browser.slotsIn(own.night, [at, at + 1e-6])[0];
      if (slot !== undefined) { own.choose(slot); }
    });
    canvas.addEventListener("pointercancel", function () { down = null; });
    canvas.addEventListener("wheel", function (event) {
      if (!own.night || !(event.ctrlKey || event.metaKey)) { return; }
      event.preventDefault();
      own.zoom(event.deltaY > 0 ? 1.25 : 0.8, seconds(event));
    }, { passive: false });
    function again() {
      if (!own.night) { return; }
      own.draw();
      if (own.picture) { own.picture(); }
    }
    new ResizeObserver(again).observe(this.stage);
    [document.documentElement, document.body].forEach(function (one) {
      new MutationObserver(again).observe(one, { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light"] });
    });
  };

  /* Show in `tip` what `read` says of a place under the mouse: function x in pixels → lines, or none. */
  browser.tell = function (canvas, tip, read) {
    canvas.addEventListener("pointermove", function (event) {
      var lines = event.pointerType === "mouse" ? read(event.offsetX) : [], wide = canvas.clientWidth;
      tip.hidden = !lines.length;
      tip.replaceChildren.apply(tip, lines.map(function (line) { return browser.make("div", { textContent: line }); }));
      if (!lines.length) { return; }
      tip.style.left = Math.max(0, event.offsetX > wide / 2 ? event.offsetX - tip.offsetWidth - 14 : event.offsetX + 14) + "px";
      tip.style.top = event.offsetY + 16 + "px";
    });
    canvas.addEventListener("pointerleave", function () { tip.hidden = true; });
  };
})(SleepBrowser);
