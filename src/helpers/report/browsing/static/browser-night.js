/* A night as the chosen folds see it: its stages, shares and sentences slot by slot. Packets come in; nothing is drawn. */
(function (browser) {
  "use strict";

  var ALL = browser.ALL = "all";

  function two(number) { return (number < 10 ? "0" : "") + number; }

  /* Clock time of a second of the recording: to the minute (`short`), the second, or the hundredth of one (`fine`). */
  browser.clock = function (night, seconds, short, fine) {
    var time = new Date(Date.parse(night.start + "Z") + (fine ? Math.floor(seconds * 100) * 10 : Math.round(seconds) * 1000));
    return two(time.getUTCHours()) + ":" + two(time.getUTCMinutes()) + (short ? "" : ":" + two(time.getUTCSeconds())) +
      (fine ? "." + two(Math.floor(time.getUTCMilliseconds() / 10)) : "");
  };

  /* One view of a night: predicted stage, probabilities and shares of each slot under a fold (or the mean of all) and a rule.

     Slots that were dropped have predicted −1. Shares are those of the chosen folds that predict the stage in view.
     `differs` says where folds that tested the night predict unlike stages. */
  browser.view = function (index, night, fold, rule) {
    var data = night.arrays, n = data.onset.length, stages = index.stages.length, parts = index.modalities.length;
    var places = night.folds.map(function (_, place) { return place; })
      .filter(function (place) { return fold === ALL || night.folds[place] === fold; });
    var rules = night.rules.length, at = night.rules.indexOf(rule);
    var view = { n: n, fold: fold, rule: rule, places: places, predicted: new Int8Array(n).fill(-1),
      probabilities: new Float32Array(n * stages), shares: new Float32Array(n * parts).fill(NaN),
      bands: new Float32Array(n * parts * index.bands.length).fill(NaN),
      logTotal: new Float32Array(n).fill(-Infinity), differs: new Uint8Array(n) };
    for (var slot = 0; slot < n; slot++) {
      if (data.reason[slot] >= 0) { continue; }
      var best = -1, first = data.predicted[slot];
      night.folds.forEach(function (_, place) {
        if (data.predicted[place * n + slot] !== first) { view.differs[slot] = 1; }
      });
      for (var stage = 0; stage < stages; stage++) {
        var sum = 0;
        places.forEach(function (place) { sum += data.probabilities[(place * n + slot) * stages + stage] / index.fractions; });
        view.probabilities[slot * stages + stage] = sum / places.length;
        if (best < 0 || sum > best) { best = sum; view.predicted[slot] = stage; }
      }
      if (places.length === 1) { view.predicted[slot] = data.predicted[places[0] * n + slot]; }
      meanShares(index, data, view, slot, browser.explaining(night, view, slot).map(function (place) {
        return (place * rules + at) * n + slot;
      }));
    }
    return view;
  };

  function meanShares(index, data, view, slot, rows) {
    var parts = index.modalities.length;
    rows = rows.filter(function (row) { return isFinite(data.log_total[row]); });
    if (!rows.length) { return; }
    for (var part = 0; part < parts; part++) {
      var sum = 0;
      rows.forEach(function (row) { sum += data.shares[row * parts + part] / index.fractions; });
      view.shares[slot * parts + part] = sum / rows.length;
    }
    if (data.bands) { meanBands(index, data, view, slot, rows); }
    var total = 0;
    rows.forEach(function (row) { total += data.log_total[row]; });
    view.logTotal[slot] = total / rows.length;
  }

  function meanBands(index, data, view, slot, rows) {
    var count = index.modalities.length * index.bands.length;
    for (var part = 0; part < count; part++) {
      var sum = 0;
      rows.forEach(function (row) { sum += data.bands[row * count + part] / index.fractions; });
      view.bands[slot * count + part] = sum / rows.length;
    }
  }

  browser.misread = function (night, view, slot) {
    return night.arrays.reason[slot] < 0 && night.arrays.true[slot] >= 0 && night.arrays.true[slot] !== view.predicted[slot];
  };

  /* Of the chosen folds those that predict the stage in view: the relevance of others speaks of another stage. */
  browser.explaining = function (night, view, slot) {
    return view.places.filter(function (place) { return night.arrays.predicted[place * view.n + slot] === view.predicted[slot]; });
  };

  /* Where the network is at odds with the scorer or, where nobody scored, folds are with each other. */
  browser.disagrees = function (night, view, slot) {
    return browser.misread(night, view, slot) || night.arrays.true[slot] < 0 && view.differs[slot] === 1;
  };

  /* Whether the 30 s of a slot can be opened: what a page holds, and every epoch in JupyterLab. */
  browser.opens = function (night, view, slot) {
    return night.arrays.reason[slot] < 0 && (night.opened === "all" || night.opened.indexOf(night.arrays.epoch[slot]) >= 0);
  };

  /* Whether some epochs of a night can be opened and others cannot, so that they are marked. */
  browser.someOpen = function (night) { return night.opened !== "all" && night.opened.length > 0; };

  /* The next slot after (step 1) or before (step −1) one for which `test` holds, or −1. */
  browser.next = function (n, slot, step, test) {
    for (slot += step; slot >= 0 && slot < n; slot += step) {
      if (test(slot)) { return slot; }
    }
    return -1;
  };

  /* Whether a slot begins a stage other than that of the kept slot before it; scored stages, or predicted ones. */
  browser.changes = function (night, view, slot) {
    var data = night.arrays, stage = data.true[slot] >= 0 ? data.true : view.predicted;
    if (data.reason[slot] >= 0) { return false; }
    var before = browser.next(view.n, slot, -1, function (other) { return data.reason[other] < 0; });
    return before >= 0 && stage[before] !== stage[slot];
  };

  /* Shares over slots: each counting the same, or by how much relevance it received; NaN without any. */
  browser.averaged = function (view, slots, pooled, parts) {
    var used = slots.filter(function (slot) { return isFinite(view.logTotal[slot]); });
    var most = Math.max.apply(null, used.map(function (slot) { return view.logTotal[slot]; }));
    var sums = new Array(parts).fill(0), weights = 0;
    used.forEach(function (slot) {
      var weight = pooled ? Math.exp(view.logTotal[slot] - most) : 1;
      weights += weight;
      for (var part = 0; part < parts; part++) { sums[part] += weight * view.shares[slot * parts + part]; }
    });
    return sums.map(function (sum) { return sum / weights; });
  };

  function percent(value) { return isFinite(value) ? Math.round(100 * value) + " %" : "none"; }

  /* A fraction as a percentage of two digits, for scales. */
  browser.percentText = function (value) { return +(100 * value).toPrecision(2) + " %"; };

  /* A number's text with a minus in place of a hyphen, and none before 0. */
  browser.signedText = function (text) { return text.replace(/^-/, parseFloat(text) ? "−" : ""); };

  browser.shareWords = function (index, shares) {
    return index.modalities.map(function (one, part) { return one.name + " " + percent(shares[part]); }).join(", ");
  };

  /* The share of a slot's relevance that a modality has. */
  browser.shareOf = function (index, view, slot, modality) {
    var parts = index.modalities.map(function (one) { return one.name; });
    return modality + ": " + percent(view.shares[slot * parts.length + parts.indexOf(modality)]) + " of relevance";
  };

  /* What shares are of, where the network takes neighbours of an epoch; else "". */
  browser.neighbours = function (index) {
    return index.context ? ", of an epoch with " + index.context + (index.context > 1 ? " neighbours" : " neighbour") + " on each side" : "";
  };

  /* Of several chosen folds, how many the relevance of a slot is of. */
  browser.explainingWords = function (night, view, slot) {
    var all = view.places.length, some = browser.explaining(night, view, slot).length;
    return all > 1 ? ", mean of the " + some + " of " + all + " folds that predict it" : "";
  };

  browser.foldWords = function (fold) { return fold === ALL ? "all folds" : "fold " + fold; };

  /* One epoch as a person would say it. */
  browser.words = function (index, night, view, slot) {
    var data = night.arrays, clock = browser.clock(night, data.onset[slot]);
    if (data.reason[slot] >= 0) { return clock + ": dropped, " + night.reasons[data.reason[slot]] + "."; }
    var stage = data.true[slot] < 0 ? "not scored" : index.given + " " + index.stages[data.true[slot]].name;
    var parts = index.modalities.length, stages = index.stages.length, predicted = view.predicted[slot];
    var others = night.folds.length > 1 ? " Folds: " + night.folds.map(function (fold, place) {
      return fold + " " + index.stages[data.predicted[place * view.n + slot]].name;
    }).join(", ") + "." : "";
    return clock + ", epoch " + data.epoch[slot] + ": " + stage + ", predicted " + index.stages[predicted].name + " (" +
      percent(view.probabilities[slot * stages + predicted]) + ", " + browser.foldWords(view.fold) + "). Relevance: " +
      browser.shareWords(index, view.shares.subarray(slot * parts, (slot + 1) * parts)) +
      browser.explainingWords(night, view, slot) + "." + others;
  };

  /* What stands at a second of a slot, line by line: time, stages, probabilities, shares. */
  browser.reading = function (index, night, view, slot, seconds) {
    var data = night.arrays, clock = browser.clock(night, Math.floor(seconds)), stages = index.stages.length, parts = index.modalities.length;
    if (data.reason[slot] >= 0) { return [clock, "dropped, " + night.reasons[data.reason[slot]]]; }
    return [clock + ", epoch " + data.epoch[slot],
      (data.true[slot] < 0 ? "not scored" : index.given + " " + index.stages[data.true[slot]].name) +
        ", predicted " + index.stages[view.predicted[slot]].name,
      index.stages.map(function (stage, at) { return stage.name + " " + percent(view.probabilities[slot * stages + at]); }).join(", "),
      "Relevance: " + browser.shareWords(index, view.shares.subarray(slot * parts, (slot + 1) * parts))];
  };

  /* What is in view, in words. */
  browser.summary = function (index, night, view, slots, pooled) {
    var kept = slots.filter(function (slot) { return night.arrays.reason[slot] < 0; });
    var scored = kept.filter(function (slot) { return night.arrays.true[slot] >= 0; });
    var wrong = scored.filter(function (slot) { return browser.misread(night, view, slot); });
    var shares = browser.averaged(view, kept, pooled, index.modalities.length);
    return "In view: " + kept.length + " epochs, " + (scored.length ? scored.length - wrong.length + " of " + scored.length +
      " predicted as " + index.given : "none scored") + ". " + (pooled ? "Share of pooled relevance" : "Mean of shares") +
      browser.neighbours(index) + ": " + browser.shareWords(index, shares) + ".";
  };
})(SleepBrowser);
