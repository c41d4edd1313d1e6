/* The drawing of a night: panels over one clock, from hypnogram to shares. */
(function (browser) {
  "use strict";

  /* Where the panels of a night are: [{kind, y, height, channel}], and the height of all. */
  browser.panels = function (night, state) {
    var y = 4, panels = [];
    function add(kind, height, channel) {
      panels.push({ kind: kind, y: y + 18, height: height, channel: channel });
      y += height + 24;
    }
    add("hypnogram", 122);
    add("probabilities", 54);
    night.channels.forEach(function (_, channel) { add("signal", 56, channel); });
    add("shares", 80);
    if (state.bands && night.arrays.bands) { add("bands", 110); }
    return { list: panels, height: y + 22 };
  };

  /* Draw a night; `samples` holds packets of opened epochs by their number, whose true signal is drawn in place of stretches. */
  browser.drawNight = function (canvas, index, night, view, state, samples) {
    var panels = browser.panels(night, state), pen = new browser.Pen(canvas, panels.height), last = panels.list[panels.list.length - 1];
    var bottom = last.y + last.height;
    pen.along = browser.along(pen.left, pen.width, state.window);
    pen.x = pen.along.x;
    pen.epoch = pen.along.pixels(night.epoch_s);
    pen.slots = browser.slotsIn(night, state.window);
    pen.samples = samples;
    pen.within(0, bottom, function () { shadeSlots(pen, night, state, bottom); });
    panels.list.forEach(function (panel) {
      pen.write(title(panel, index, night, state, pen), pen.left, panel.y - 9);
      DRAW[panel.kind](pen, panel, index, night, view, state);
    });
    pen.axis(night, pen.along, state.window, bottom);
    return pen;
  };

  browser.slotsIn = function (night, span) {
    var found = [], onset = night.arrays.onset;
    for (var slot = 0; slot < onset.length; slot++) {
      if (onset[slot] + night.epoch_s > span[0] && onset[slot] < span[1]) { found.push(slot); }
    }
    return found;
  };

  function title(panel, index, night, state, pen) {
    if (panel.kind === "signal") {
      var channel = night.channels[panel.channel];
      return channel.name + (state.filter ? ", " + channel.filter : "") + resolution(night, pen);
    }
    return { hypnogram: "Hypnogram", probabilities: "Probability of stages", shares: "Share of absolute relevance, %" + browser.neighbours(index),
      bands: "The same by frequency band, from slow (strong) to fast (faint)" }[panel.kind];
  }

  /* What of the signals is drawn, in a window short enough for that to matter. */
  function resolution(night, pen) {
    var sharp = pen.slots.filter(function (slot) { return night.arrays.epoch[slot] in pen.samples; });
    if (pen.epoch < pen.width / 3) { return ""; }
    return sharp.length === pen.slots.length ? ", every sample" : ", lowest and highest of each " + night.stretch_s + " s" +
      (sharp.length ? " where no epoch opens" : "");
  }

  /* Behind all panels: dropped slots, and the chosen epoch. */
  function shadeSlots(pen, night, state, bottom) {
    var context = pen.context;
    pen.slots.forEach(function (slot) {
      if (night.arrays.reason[slot] >= 0) {
        context.fillStyle = "rgba(118,123,130,0.25)";
        context.fillRect(pen.x(night.arrays.onset[slot]), 0, pen.epoch + 0.5, bottom);
      }
    });
    if (state.slot >= 0) {
      var x = pen.x(night.arrays.onset[state.slot]), end = x + Math.max(pen.epoch, 3);
      context.fillStyle = "rgba(118,123,130,0.22)";
      context.fillRect(x, 0, end - x, bottom);
      pen.line(x, 0, x, bottom, pen.text, 1);
      pen.line(end, 0, end, bottom, pen.text, 1);
    }
  }

  /* A line along the stages, `width` wide where a stage lasts and thin where it changes. */
  function steps(pen, night, stages, y, colour, width) {
    var before = null;
    pen.slots.forEach(function (slot) {
      if (stages[slot] < 0) { before = null; return; }
      var x = pen.x(night.arrays.onset[slot]), end = pen.x(night.arrays.onset[slot] + night.epoch_s), level = y(stages[slot]);
      if (before !== null && before !== level) { pen.line(x, before, x, level, colour, Math.min(width, 1.6)); }
      pen.line(x, level, end + 0.3, level, colour, width);
      before = level;
    });
  }

  /* Stages; below them two rows of marks: where folds differ, and which epochs open. */
  function hypnogram(pen, panel, index, night, view) {
    var y = browser.stageY(index, panel.y + 8, panel.height - 38), foot = panel.y + panel.height, folds = foot - 18, opening = foot - 5;
    index.stages.forEach(function (own, stage) {
      pen.label(own.name, y(stage));
      pen.line(pen.left, y(stage), pen.right, y(stage), pen.grid);
    });
    if (browser.someOpen(night)) { pen.label("open", opening); }
    pen.within(panel.y - 4, panel.height + 8, function () {
      steps(pen, night, view.predicted, y, pen.predicted, 5);
      steps(pen, night, night.arrays.true, y, pen.text, 1.6);
      pen.slots.forEach(function (slot) {
        var x = pen.x(night.arrays.onset[slot]) + pen.epoch / 2;
        if (browser.misread(night, view, slot)) { cross(pen, x, y(view.predicted[slot])); }
        if (view.differs[slot]) { diamond(pen, x, folds); }
        if (browser.someOpen(night) && browser.opens(night, view, slot)) {
          pen.context.fillStyle = pen.text;
          pen.context.fillRect(x - Math.max(pen.epoch - 1, 2) / 2, opening - 4, Math.max(pen.epoch - 1, 2), 8);
        }
      });
    });
  }

  function cross(pen, x, y) {
    pen.line(x - 3, y - 3, x + 3, y + 3, pen.text, 1.4);
    pen.line(x - 3, y + 3, x + 3, y - 3, pen.text, 1.4);
  }

  function diamond(pen, x, y) {
    var context = pen.context;
    context.fillStyle = pen.text;
    context.beginPath();
    context.moveTo(x, y - 4); context.lineTo(x + 4, y); context.lineTo(x, y + 4); context.lineTo(x - 4, y);
    context.fill();
  }

  /* Bars that are stacked from the bottom: values of `count` parts per slot, with a fill for each. */
  function stacked(pen, panel, night, values, count, fills) {
    pen.within(panel.y, panel.height, function () {
      pen.slots.forEach(function (slot) {
        if (!isFinite(values[slot * count])) { return; }
        browser.stack(values, slot * count, count, panel.y, panel.height).forEach(function (bar, part) {
          pen.context.fillStyle = fills[part];
          pen.context.fillRect(pen.x(night.arrays.onset[slot]), bar[0], pen.epoch > 4 ? pen.epoch - 0.5 : pen.epoch + 0.3, bar[1]);
        });
      });
    });
    pen.line(pen.left, panel.y + panel.height, pen.right, panel.y + panel.height, pen.grid);
  }

  function probabilities(pen, panel, index, night, view) {
    stacked(pen, panel, night, view.probabilities, index.stages.length,
      index.stages.map(function (stage) { return pen.fill(stage.colour, stage.pattern); }));
  }

  function shares(pen, panel, index, night, view) {
    stacked(pen, panel, night, view.shares, index.modalities.length,
      index.modalities.map(function (one) { return pen.fill(one.colour, one.pattern); }));
    percents(pen, panel);
  }

  /* Shares of modalities, each divided among its frequency bands by strengths of its colour. */
  function frequencies(pen, panel, index, night, view) {
    var fills = [];
    index.modalities.forEach(function (one) {
      index.bands.forEach(function (_, band) { fills.push(browser.faded(one.colour, index.strengths[band % index.strengths.length])); });
    });
    stacked(pen, panel, night, view.bands, fills.length, fills);
    percents(pen, panel);
  }

  function percents(pen, panel) {
    var y = browser.up(panel.y, panel.height, 0, 100);
    [0, 50, 100].forEach(function (value) { pen.label(String(value), y(value)); });
  }

  /* A channel: the lowest and highest value of each stretch, or every sample of an opened epoch that was loaded. */
  function signal(pen, panel, index, night, view, state) {
    var filter = state.filter ? 1 : 0, low = night.arrays.low, high = night.arrays.high, most = index.levels.night;
    var at = (filter * night.channels.length + panel.channel) * low.shape[2], first = night.arrays.onset[0];
    var scale = night.scales[filter][panel.channel], y = browser.up(panel.y, panel.height, -most, most);
    var colour = browser.lookOf(index, night.channels[panel.channel]).colour;
    function x(place) { return pen.x(first + (place + 0.5) * night.stretch_s); }
    pen.within(panel.y - 3, panel.height + 6, function () {
      browser.columns(low, high, at, browser.stretches(night, state.window), index.missing, x, browser.covered(night, pen.samples)).forEach(function (run) {
        var points = [];
        run.forEach(function (column) {
          points.push([column[0], y(column[2])], [column[0], y(column[1]) + (column[1] === column[2] ? 0 : 0.01)]);
        });
        pen.path(points, colour);
      });
      pen.slots.forEach(function (slot) {
        var packet = pen.samples[night.arrays.epoch[slot]];
        if (packet) { pen.path(browser.samplePoints(night, packet, filter, panel.channel, slot, pen.x, function (value) { return y(value / scale); }), colour); }
      });
    });
    pen.scaleBar(panel.y, panel.height, 2 * most * scale, night.channels[panel.channel].unit);
  }

  var DRAW = { hypnogram: hypnogram, probabilities: probabilities, signal: signal, shares: shares, bands: frequencies };
})(SleepBrowser);
