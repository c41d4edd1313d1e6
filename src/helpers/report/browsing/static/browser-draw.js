/* The subject browser's two drawings, a night and an epoch, on canvases whose colours are the theme's variables. */
(function (browser) {
  "use strict";

  var FONT = "12px system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif";

  function Pen(canvas, height) {
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
  }

  Pen.prototype.write = function (text, x, y, colour, align) {
    this.context.fillStyle = colour || this.muted;
    this.context.textAlign = align || "left";
    this.context.textBaseline = "middle";
    this.context.fillText(text, x, y);
  };

  Pen.prototype.line = function (x, y, toX, toY, colour, width) {
    var context = this.context;
    context.strokeStyle = colour;
    context.lineWidth = width || 1;
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(toX, toY);
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

  /* A bar that shows how much is how high: the largest of 1, 2, 5 × 10^n that is at most `most` of the unit. */
  Pen.prototype.scaleBar = function (y, height, most, unit) {
    var power = Math.pow(10, Math.floor(Math.log10(most)));
    var value = [5, 2, 1].filter(function (step) { return step * power <= most * 1.0001; })[0] * power;
    var length = height * value / most, middle = y + height / 2, x = this.left - 5;
    this.line(x, middle - length / 2, x, middle + length / 2, this.text, 2);
    this.write(+value.toPrecision(1) + " " + unit, x - 5, middle, this.muted, "right");
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

  /* Where the panels of a night are: [{kind, y, height, channel}], and the height of all. */
  browser.panels = function (night, state) {
    var y = 4, panels = [];
    function add(kind, height, channel) {
      panels.push({ kind: kind, y: y + 18, height: height, channel: channel });
      y += height + 24;
    }
    add("hypnogram", 110);
    add("probabilities", 54);
    night.channels.forEach(function (_, channel) { add("signal", 56, channel); });
    add("shares", 80);
    if (state.bands && night.arrays.bands) { add("bands", 110); }
    return { list: panels, height: y + 22 };
  };

  browser.drawNight = function (canvas, index, night, view, state) {
    var panels = browser.panels(night, state), pen = new Pen(canvas, panels.height), last = panels.list[panels.list.length - 1];
    var bottom = last.y + last.height, from = state.window[0], scale = pen.width / (state.window[1] - from);
    pen.x = function (seconds) { return pen.left + (seconds - from) * scale; };
    pen.slots = browser.slotsIn(night, state.window);
    pen.within(0, bottom, function () { bands(pen, night, view, state, bottom); });
    panels.list.forEach(function (panel) {
      pen.write(title(panel, night, state), pen.left, panel.y - 9);
      DRAW[panel.kind](pen, panel, index, night, view, state);
    });
    axis(pen, night, state.window, bottom);
    return pen;
  };

  browser.slotsIn = function (night, span) {
    var found = [], onset = night.arrays.onset;
    for (var slot = 0; slot < onset.length; slot++) {
      if (onset[slot] + night.epoch_s > span[0] && onset[slot] < span[1]) { found.push(slot); }
    }
    return found;
  };

  function title(panel, night, state) {
    if (panel.kind === "signal") {
      var channel = night.channels[panel.channel];
      return channel.name + (state.filter ? ", " + channel.filter : "");
    }
    return { hypnogram: "Hypnogram", probabilities: "Probability of stages", shares: "Share of absolute relevance, %",
      bands: "The same by frequency band: strong, faint and so on from slow to fast" }[panel.kind];
  }

  /* Bands over all panels: dropped slots, and the chosen epoch. */
  function bands(pen, night, view, state, bottom) {
    var context = pen.context, width = pen.x(night.epoch_s) - pen.x(0);
    pen.slots.forEach(function (slot) {
      if (night.arrays.reason[slot] >= 0) {
        context.fillStyle = "rgba(118,123,130,0.25)";
        context.fillRect(pen.x(night.arrays.onset[slot]), 0, width + 0.5, bottom);
      }
    });
    if (state.slot >= 0) {
      var x = pen.x(night.arrays.onset[state.slot]);
      context.fillStyle = "rgba(118,123,130,0.22)";
      context.fillRect(x, 0, Math.max(width, 3), bottom);
      pen.line(x, 0, x, bottom, pen.text, 1);
      pen.line(x + Math.max(width, 3), 0, x + Math.max(width, 3), bottom, pen.text, 1);
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

  function hypnogram(pen, panel, index, night, view) {
    var highest = index.stages.length - 1, step = (panel.height - 26) / highest;
    function y(stage) { return panel.y + 8 + step * (highest - index.stages[stage].height); }
    index.stages.forEach(function (own, stage) {
      pen.write(own.name, pen.left - 8, y(stage), pen.muted, "right");
      pen.line(pen.left, y(stage), pen.right, y(stage), pen.grid);
    });
    var foot = panel.y + panel.height - 5, opened = new Set(night.opened), width = pen.x(night.epoch_s) - pen.x(0);
    pen.within(panel.y - 4, panel.height + 8, function () {
      steps(pen, night, view.predicted, y, pen.predicted, 5);
      steps(pen, night, night.arrays.true, y, pen.text, 1.6);
      pen.slots.forEach(function (slot) {
        var x = pen.x(night.arrays.onset[slot]) + width / 2;
        if (browser.misread(night, view, slot)) { cross(pen, x, y(view.predicted[slot])); }
        if (view.differs[slot]) { diamond(pen, x, foot); }
        if (opened.has(night.arrays.epoch[slot])) {
          pen.context.fillStyle = pen.muted;
          pen.context.fillRect(x - Math.max(width, 2) / 2, foot + 5, Math.max(width - 1, 1), 2);
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
      var width = pen.x(night.epoch_s) - pen.x(0);
      for (var part = 0; part < count; part++) {
        pen.context.fillStyle = fills[part];
        for (var number = 0; number < pen.slots.length; number++) {
          var slot = pen.slots[number], below = 0;
          if (!isFinite(values[slot * count])) { continue; }
          for (var lower = 0; lower < part; lower++) { below += values[slot * count + lower]; }
          var height = values[slot * count + part] * panel.height;
          pen.context.fillRect(pen.x(night.arrays.onset[slot]), panel.y + panel.height * (1 - below) - height,
            width > 4 ? width - 0.5 : width + 0.3, height);
        }
      }
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

  /* A colour such as #1f77c8 at a strength. */
  browser.faded = function (colour, strength) {
    var parts = [1, 3, 5].map(function (at) { return parseInt(colour.slice(at, at + 2), 16); });
    return "rgba(" + parts.join(",") + "," + strength + ")";
  };

  function percents(pen, panel) {
    [0, 50, 100].forEach(function (value) {
      pen.write(String(value), pen.left - 8, panel.y + panel.height * (1 - value / 100), pen.muted, "right");
    });
  }

  function colourOf(index, channel) {
    return index.modalities.filter(function (one) { return one.name === channel.modality; })[0].colour;
  }

  function signal(pen, panel, index, night, view, state) {
    var filter = state.filter ? 1 : 0, low = night.arrays.low, high = night.arrays.high, count = low.shape[2];
    var at = (filter * night.channels.length + panel.channel) * count, first = night.arrays.onset[0];
    var middle = panel.y + panel.height / 2, unit = panel.height / 2 / index.levels.night, context = pen.context;
    var begin = Math.max(0, Math.floor((state.window[0] - first) / night.stretch_s));
    var end = Math.min(count, Math.ceil((state.window[1] - first) / night.stretch_s) + 1);
    pen.within(panel.y - 3, panel.height + 6, function () {
      context.strokeStyle = colourOf(index, night.channels[panel.channel]);
      context.lineWidth = 1;
      context.beginPath();
      var column = null, lowest = 0, highest = 0, joined = false;
      function flush() {
        if (column === null) { return; }
        if (joined) { context.lineTo(column, middle - highest * unit); } else { context.moveTo(column, middle - highest * unit); }
        context.lineTo(column, middle - lowest * unit - (highest === lowest ? 0 : 0.01));
        joined = true;
        column = null;
      }
      for (var place = begin; place < end; place++) {
        if (low[at + place] === index.missing) { flush(); joined = false; continue; }
        var x = Math.round(2 * pen.x(first + (place + 0.5) * night.stretch_s)) / 2;
        if (column !== null && x === column) {
          lowest = Math.min(lowest, low[at + place]);
          highest = Math.max(highest, high[at + place]);
          continue;
        }
        flush();
        column = x; lowest = low[at + place]; highest = high[at + place];
      }
      flush();
      context.stroke();
    });
    pen.scaleBar(panel.y, panel.height, 2 * index.levels.night * night.scales[filter][panel.channel], night.channels[panel.channel].unit);
  }

  var DRAW = { hypnogram: hypnogram, probabilities: probabilities, signal: signal, shares: shares, bands: frequencies };

  var TICKS = [1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

  function axis(pen, night, span, y) {
    var room = 64, step = TICKS.filter(function (one) { return one * pen.width / (span[1] - span[0]) >= room; })[0] || 28800;
    var start = (Date.parse(night.start + "Z") / 1000) % 86400;
    for (var tick = Math.ceil((start + span[0]) / step) * step - start; tick <= span[1]; tick += step) {
      pen.line(pen.x(tick), y, pen.x(tick), y + 4, pen.muted);
      if (pen.x(tick) < pen.right - 14) { pen.write(browser.clock(night, tick, step >= 60), pen.x(tick), y + 13, pen.muted, "center"); }
    }
  }

  /* 30 s of an epoch: signals, and on them the relevance of one rule under the chosen folds, supporting or against. */
  browser.drawEpoch = function (canvas, index, night, view, state, packet) {
    var room = 118, height = room * night.channels.length + 30, pen = new Pen(canvas, height);
    var data = packet.arrays, rule = night.rules.indexOf(view.rule), filter = state.filter ? 1 : 0;
    var relevance = browser.relevance(packet, browser.explaining(night, view, state.slot), rule), most = 0, bins = data.relevance.shape[3];
    relevance.forEach(function (value) { most = Math.max(most, Math.abs(value)); });
    var onset = night.arrays.onset[state.slot], step = pen.width / bins, explained = index.rules[rule];
    pen.x = function (seconds) { return pen.left + (seconds - onset) / night.epoch_s * pen.width; };
    night.channels.forEach(function (channel, number) {
      var y = 22 + room * number, tall = room - 56, part = relevance.subarray(number * bins, (number + 1) * bins);
      pen.write(channel.name + (state.filter ? ", " + channel.filter : ""), pen.left, y - 11);
      shade(pen, index, part, most, y - 2, tall + 4, step);
      trace(pen, browser.signal(packet, filter, number), y + tall / 2, tall / 2 / index.levels.epoch);
      pen.scaleBar(y, tall, 2 * index.levels.epoch * packet.scales[filter][number], channel.unit);
      if (explained.maps) { bars(pen, index, part, most, y + tall + 16, 12, step); }
      else { pen.write(explained.label + ": one value per modality, none along the seconds", pen.left, y + tall + 20, pen.muted); }
    });
    axis(pen, night, [onset, onset + night.epoch_s], height - 26);
  };

  /* Mean relevance over folds, (channels × bins), as fractions of the absolute relevance. */
  browser.relevance = function (packet, places, rule) {
    var shape = packet.arrays.relevance.shape, size = shape[2] * shape[3], sum = new Float32Array(size);
    places.forEach(function (place) {
      var scale = packet.relevance_scales[place][rule] / places.length, at = (place * shape[1] + rule) * size;
      for (var bin = 0; bin < size; bin++) { sum[bin] += packet.arrays.relevance[at + bin] * scale; }
    });
    return sum;
  };

  /* The colour of relevance that supports the stage, or speaks against it. */
  browser.signed = function (index, value, opacity) {
    return "rgba(" + (value > 0 ? index.supports : index.against).join(",") + "," + opacity.toFixed(3) + ")";
  };

  function shade(pen, index, relevance, most, y, height, step) {
    if (!most) { return; }
    relevance.forEach(function (value, bin) {
      if (Math.abs(value) < most / 250) { return; }
      pen.context.fillStyle = browser.signed(index, value, 0.55 * Math.sqrt(Math.abs(value) / most));
      pen.context.fillRect(pen.left + bin * step, y, step + 0.4, height);
    });
  }

  function bars(pen, index, relevance, most, y, tall, step) {
    pen.line(pen.left, y, pen.right, y, pen.grid);
    if (!most) { return; }
    relevance.forEach(function (value, bin) {
      var length = tall * value / most;
      pen.context.fillStyle = browser.signed(index, value, 1);
      pen.context.fillRect(pen.left + bin * step, y - Math.max(length, 0), Math.max(step, 1), Math.abs(length));
    });
  }

  /* Levels of one signal of an epoch, unfiltered (0) or filtered (1). */
  browser.signal = function (packet, filter, channel) {
    var signals = packet.arrays.signals, samples = signals.shape[2], at = (filter * signals.shape[1] + channel) * samples;
    return signals.subarray(at, at + samples);
  };

  function trace(pen, signal, middle, unit) {
    var context = pen.context;
    context.strokeStyle = pen.text;
    context.lineWidth = 1;
    context.beginPath();
    for (var sample = 0; sample < signal.length; sample++) {
      context.lineTo(pen.left + (sample + 0.5) * pen.width / signal.length, middle - signal[sample] * unit);
    }
    context.stroke();
  }

  var make = browser.make = function (tag, properties, children) {
    var element = document.createElement(tag);
    Object.keys(properties || {}).forEach(function (name) {
      if (name.indexOf("aria-") === 0 || name === "role" || name === "for") { element.setAttribute(name, properties[name]); }
      else { element[name] = properties[name]; }
    });
    (children || []).forEach(function (child) { element.append(child); });
    return element;
  };
})(SleepBrowser);
