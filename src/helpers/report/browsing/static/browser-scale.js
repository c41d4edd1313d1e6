/* Where things stand in a drawing: seconds along x, values along y, and what the lengths of bars mean. Numbers come in and numbers go
   out, in pixels from the top left corner; nothing is drawn. */
(function (browser) {
  "use strict";

  /* Seconds of a span along `width` pixels from `left`, and back. */
  browser.along = function (left, width, span) {
    var scale = width / (span[1] - span[0]);
    return {
      x: function (seconds) { return left + (seconds - span[0]) * scale; },
      seconds: function (x) { return span[0] + (x - left) / scale; },
      pixels: function (seconds) { return seconds * scale; }
    };
  };

  /* A value's y in a panel, upwards: `low` is the foot of the panel, `high` its top. */
  browser.up = function (top, height, low, high) {
    return function (value) { return top + height * (high - value) / (high - low); };
  };

  /* A stage's y, by its place in the index: stages stand at the heights that the index gives them, the highest at the top. */
  browser.stageY = function (index, top, height) {
    var heights = index.stages.map(function (stage) { return stage.height; });
    var up = browser.up(top, height, Math.min.apply(null, heights), Math.max.apply(null, heights));
    return function (stage) { return up(heights[stage]); };
  };

  /* The bar beside a panel that is `height` pixels high and holds `range` of a unit: the largest of 1, 2, 5 × 10^n that fits. */
  browser.scaleBar = function (height, range) {
    var power = Math.pow(10, Math.floor(Math.log10(range)));
    var value = [5, 2, 1].filter(function (step) { return step * power <= range * 1.0001; })[0] * power;
    return { value: +value.toPrecision(1), length: height * value / range };
  };

  /* Parts of one bar that are stacked from the foot of a panel: [[top, height]] in the order of the parts. */
  browser.stack = function (values, at, count, top, height) {
    var foot = top + height, parts = [];
    for (var part = 0; part < count; part++) {
      var tall = values[at + part] * height;
      foot -= tall;
      parts.push([foot, tall]);
    }
    return parts;
  };

  /* A bar of relevance on a square-root scale: up from `zero` where it supports, down where it speaks against; `most` is `tall` high. */
  browser.relevanceBar = function (value, most, zero, tall) {
    var length = tall * Math.sqrt(Math.abs(value) / most);
    return { top: value > 0 ? zero - length : zero, height: length };
  };

  /* Lowest and highest levels of stretches as columns half a pixel apart, runs between what is missing: [[[x, low, high]]].

     at : where the channel begins in the arrays. span : [first, last) stretch. x : function stretch → its middle in pixels. left : function
     stretch → whether it is left out. */
  browser.columns = function (low, high, at, span, missing, x, left) {
    var runs = [], run = null, last = null;
    for (var place = span[0]; place < span[1]; place++) {
      if (low[at + place] === missing || left(place)) { run = null; continue; }
      var column = Math.round(2 * x(place)) / 2;
      if (run === null) { runs.push(run = []); last = null; }
      if (last !== null && last[0] === column) {
        last[1] = Math.min(last[1], low[at + place]);
        last[2] = Math.max(last[2], high[at + place]);
      } else { run.push(last = [column, low[at + place], high[at + place]]); }
    }
    return runs;
  };

  /* Stretches of a night that lie in a window: [first, last). */
  browser.stretches = function (night, span) {
    var first = night.arrays.onset[0], count = night.arrays.low.shape[2];
    return [Math.max(0, Math.floor((span[0] - first) / night.stretch_s)), Math.min(count, Math.ceil((span[1] - first) / night.stretch_s) + 1)];
  };

  /* A function stretch → whether it lies in one of the epochs, by number, that `samples` has. */
  browser.covered = function (night, samples) {
    var ends = Object.keys(samples).map(function (epoch) {
      var onset = night.arrays.onset[night.arrays.epoch.indexOf(Number(epoch))];
      return [onset, onset + night.epoch_s];
    });
    return function (place) {
      var middle = night.arrays.onset[0] + (place + 0.5) * night.stretch_s;
      return ends.some(function (one) { return middle > one[0] && middle < one[1]; });
    };
  };

  /* Points [x, y] of one signal of a slot's epoch; x : function second of the recording → pixels, y : function value in its unit → pixels. */
  browser.samplePoints = function (night, packet, filter, channel, slot, x, y) {
    var levels = browser.signal(packet, filter, channel), onset = night.arrays.onset[slot], each = night.epoch_s / levels.length;
    return Array.from(levels, function (level, sample) {
      return [x(onset + (sample + 0.5) * each), y(browser.valueOf(packet, filter, channel, level))];
    });
  };

  /* Levels of one signal of an epoch, unfiltered (0) or filtered (1). */
  browser.signal = function (packet, filter, channel) {
    var signals = packet.arrays.signals, samples = signals.shape[2], at = (filter * signals.shape[1] + channel) * samples;
    return signals.subarray(at, at + samples);
  };

  /* The value of a level of that signal, in the channel's unit. */
  browser.valueOf = function (packet, filter, channel, level) {
    return level * packet.scales[filter][channel] + packet.middle[filter][channel];
  };

  /* Mean relevance over folds, (channels × bins), as fractions of the absolute relevance; folds by their numbers, a rule by its place. */
  browser.relevance = function (packet, folds, rule) {
    var shape = packet.arrays.relevance.shape, size = shape[2] * shape[3], sum = new Float32Array(size);
    folds.forEach(function (fold) {
      var place = packet.folds.indexOf(fold), at = (place * shape[1] + rule) * size;
      if (place < 0) { throw new Error("it holds no relevance of fold " + fold); }
      var scale = packet.relevance_scales[place][rule] / folds.length;
      for (var bin = 0; bin < size; bin++) { sum[bin] += packet.arrays.relevance[at + bin] * scale; }
    });
    return sum;
  };

  /* The colour of relevance that supports the stage, or speaks against it. */
  browser.signed = function (index, value, opacity) {
    return "rgba(" + (value > 0 ? index.supports : index.against).join(",") + "," + opacity.toFixed(3) + ")";
  };

  /* A colour such as #1f77c8 at a strength. */
  browser.faded = function (colour, strength) {
    var parts = [1, 3, 5].map(function (at) { return parseInt(colour.slice(at, at + 2), 16); });
    return "rgba(" + parts.join(",") + "," + strength + ")";
  };

  /* How a channel's modality looks. */
  browser.lookOf = function (index, channel) {
    return index.modalities.filter(function (one) { return one.name === channel.modality; })[0];
  };

  var TICKS = [1, 5, 10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400], ROOM = 64;

  /* Full clock times in a window as seconds of the recording, at least so many pixels apart, and the step between them. */
  browser.ticks = function (night, span, width) {
    var step = TICKS.filter(function (one) { return one * width / (span[1] - span[0]) >= ROOM; })[0] || 28800, found = [];
    var start = (Date.parse(night.start + "Z") / 1000) % 86400;
    for (var tick = Math.ceil((start + span[0]) / step) * step - start; tick <= span[1]; tick += step) { found.push(tick); }
    return { seconds: found, step: step };
  };
})(SleepBrowser);
