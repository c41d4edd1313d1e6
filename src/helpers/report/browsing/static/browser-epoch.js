/* The drawing of 30 s of an opened epoch: each channel's signal, shaded by relevance, over a lane of relevance on a square-root scale. */
(function (browser) {
  "use strict";

  var TOP = 24, SIGNAL = 62, GAP = 20, LANE = 24, FOOT = 10;  // pixels of a channel, from its title down; a lane goes up and down
  var ROOM = TOP + SIGNAL + GAP + 2 * LANE + FOOT, STRIPES = 0.35;

  /* What is drawn of an epoch: its relevance, (channels × bins), the most that any bin has, and the number of bins. */
  function mapOf(night, view, state, packet) {
    var folds = browser.explaining(night, view, state.slot).map(function (place) { return night.folds[place]; });
    var relevance = browser.relevance(packet, folds, night.rules.indexOf(view.rule)), most = 0;
    relevance.forEach(function (value) { most = Math.max(most, Math.abs(value)); });
    return { relevance: relevance, most: most, bins: packet.arrays.relevance.shape[3] };
  }

  /* Draw an epoch; returns what is needed to read values off it. */
  browser.drawEpoch = function (canvas, index, night, view, state, packet) {
    var height = ROOM * night.channels.length + 26, pen = new browser.Pen(canvas, height), onset = night.arrays.onset[state.slot];
    var span = [onset, onset + night.epoch_s], map = mapOf(night, view, state, packet), filter = state.filter ? 1 : 0, most = index.levels.epoch;
    var explained = index.rules.filter(function (one) { return one.name === view.rule; })[0];
    pen.along = browser.along(pen.left, pen.width, span);
    pen.step = pen.width / map.bins;
    night.channels.forEach(function (channel, number) {
      var top = ROOM * number + TOP, zero = top + SIGNAL + GAP + LANE, range = 2 * most * packet.scales[filter][number];
      var part = map.relevance.subarray(number * map.bins, (number + 1) * map.bins), middle = packet.middle[filter][number];
      pen.write(channel.name + (state.filter ? ", " + channel.filter : ""), pen.left, top - 11);
      pen.write(browser.shareOf(index, view, state.slot, channel.modality), pen.right, top - 11, pen.text, "right");
      shade(pen, index, part, map.most, top - 2, SIGNAL + 4);
      pen.path(browser.samplePoints(night, packet, filter, number, state.slot, pen.along.x,
        browser.up(top, SIGNAL, middle - range / 2, middle + range / 2)), pen.text);
      pen.scaleBar(top, SIGNAL, range, channel.unit);
      if (explained.maps) { lane(pen, browser.lookOf(index, channel).colour, part, map.most, zero); }
      else { pen.write(explained.label + ": one value per modality, none along the seconds", pen.left, zero); }
    });
    pen.axis(night, pen.along, span, height - 26);
    return Object.assign(pen, { map: map, filter: filter });
  };

  /* A signal's background: green where relevance supports the stage, purple where it speaks against it. */
  function shade(pen, index, relevance, most, y, height) {
    if (!most) { return; }
    relevance.forEach(function (value, bin) {
      if (Math.abs(value) < most / 250) { return; }
      pen.context.fillStyle = browser.signed(index, value, 0.55 * Math.sqrt(Math.abs(value) / most));
      pen.context.fillRect(pen.left + bin * pen.step, y, pen.step + 0.4, height);
    });
  }

  /* Bars in the modality's colour, full where they support and striped where they speak against, with the scale that they are on. */
  function lane(pen, colour, relevance, most, zero) {
    pen.line(pen.left, zero, pen.right, zero, pen.grid);
    if (!most) { pen.write("no relevance", pen.left, zero - 8); return; }
    pen.write("% of relevance each 1/20 s, square-root scale", pen.left, zero - LANE - 8);
    [1, 0.25, -1].forEach(function (part) {
      var bar = browser.relevanceBar(part * most, most, zero, LANE), y = part > 0 ? bar.top : bar.top + bar.height;
      pen.label(browser.signedText(browser.percentText(part * most)), y);
      pen.line(pen.left - 5, y, pen.left, y, pen.muted);
    });
    pen.label("0", zero);
    var fills = [colour, pen.context.createPattern(browser.stripes(colour, STRIPES), "repeat")];
    relevance.forEach(function (value, bin) {
      if (!value) { return; }
      var bar = browser.relevanceBar(value, most, zero, LANE);
      pen.context.fillStyle = fills[value > 0 ? 0 : 1];
      pen.context.fillRect(pen.left + bin * pen.step, bar.top, Math.max(pen.step, 1), bar.height);
    });
  }

  /* Stripes of a colour on a paler one of it. */
  browser.stripes = function (colour, strength) {
    var tile = document.createElement("canvas"), context = tile.getContext("2d");
    tile.width = tile.height = 4;
    context.fillStyle = browser.faded(colour, strength);
    context.fillRect(0, 0, 4, 4);
    context.fillStyle = colour;
    context.fillRect(0, 0, 4, 2);
    return tile;
  };

  /* What stands at x of a drawn epoch: clock time, and each channel's value and relevance. */
  browser.readEpoch = function (pen, index, night, packet, slot, x) {
    var seconds = pen.along.seconds(x) - night.arrays.onset[slot], samples = packet.arrays.signals.shape[2];
    if (seconds < 0 || seconds >= night.epoch_s) { return []; }
    var sample = Math.floor(seconds / night.epoch_s * samples), bin = Math.floor(seconds / night.epoch_s * pen.map.bins);
    return [browser.clock(night, night.arrays.onset[slot] + seconds, false, true)].concat(night.channels.map(function (channel, number) {
      var level = browser.signal(packet, pen.filter, number)[sample], relevance = pen.map.relevance[number * pen.map.bins + bin];
      return channel.name + ": " + browser.signedText(browser.valueOf(packet, pen.filter, number, level).toFixed(1)) + " " + channel.unit +
        (isFinite(relevance) ? ", relevance " + browser.signedText(browser.percentText(relevance)) : "");
    }));
  };
})(SleepBrowser);
