/* What a view is asked to show → what it shows, with a sentence about each thing that there is none of; and the address that says
   the same: #subject=12&night=placebo&fold=3&rule=eps-100&t=4200&w=1800&epoch=141 (t and w in seconds). It draws nothing. */
(function (browser) {
  "use strict";

  var HALF_HOUR = 1800, SHORTEST = 2;  // seconds of a window
  var KEYS = ["subject", "night", "fold", "rule", "average", "filter", "bands", "t", "w", "epoch"];

  /* Asks for the epoch that a first visit opens. */
  browser.FIRST = "the first that opens";

  function values(list, key) { return list.map(function (item) { return item[key]; }); }

  /* Place of `asked` in the first of `lists` that has it, as it stands there or in small letters, or as the same whole number (1 is 01)
     where only one name is; −1 where none has. */
  browser.place = function (lists, asked) {
    var text = String(asked), at = -1;
    lists.some(function (list) { at = list.map(String).indexOf(text); return at >= 0; });
    if (at >= 0) { return at; }
    lists.some(function (list) { at = list.map(lower).indexOf(text.toLowerCase()); return at >= 0; });
    if (at >= 0 || !/^\d+$/.test(text)) { return at; }
    var same = lists[0].filter(function (name) { return /^\d+$/.test(name) && Number(name) === Number(text); });
    return same.length === 1 ? lists[0].indexOf(same[0]) : -1;
  };

  function lower(name) { return String(name).toLowerCase(); }

  /* Another state in place of `before`; what `wanted` leaves out stays, as far as it can.

     Returns {state, same, faults}: the state without its window and epoch, which the night decides (`browser.fit`), whether it is the
     same night, and a sentence about each thing that there is none of. */
  browser.choose = function (index, before, wanted) {
    var faults = (wanted.faults || []).slice(), state = Object.assign({}, before);
    function among(what, lists, asked, shown) {
      if (asked === undefined || asked === null) { return 0; }
      var at = browser.place(lists, asked);
      if (at < 0) { faults.push("No " + what.split("…").join(asked) + "; showing " + (shown || lists[0])[0] + "."); }
      return Math.max(at, 0);
    }
    function of(name) { return name in wanted ? wanted[name] : before[name]; }
    var subject = index.subjects[among("subject …", [values(index.subjects, "subject"), values(index.subjects, "slug")], of("subject"))];
    state.subject = subject.subject;
    var same = state.subject === before.subject, nights = subject.nights, labels = values(nights, "label");
    var night = nights[among("night … of subject " + state.subject, [labels, values(nights, "slug"), values(nights, "recording")],
      same || "night" in wanted ? of("night") : null)];
    state.night = night.label;
    same = same && state.night === before.night;
    var folds = night.folds.length > 1 ? night.folds.concat([browser.ALL]) : night.folds;
    var fold = same || "fold" in wanted || folds.indexOf(before.fold) >= 0 ? of("fold") : null;
    state.fold = folds[among("fold … of this night", [folds], fold)];
    var rules = index.rules, averages = index.averages;
    state.rule = rules[among("rule …", [values(rules, "name"), values(rules, "slug")], of("rule"), values(rules, "label"))].name;
    state.average = averages[among("average …", [values(averages, "name")], of("average"), values(averages, "label"))].name;
    state.filter = Boolean(of("filter"));
    state.bands = Boolean(of("bands"));
    if (state.bands && !index.bands.length) {
      state.bands = false;
      if (wanted.bands) { faults.push("No frequency bands in this study; showing shares without them."); }
    }
    return { state: state, same: same, faults: faults };
  };

  /* First and last second of a night. */
  browser.ends = function (night) {
    var onset = night.arrays.onset;
    return [onset[0], onset[onset.length - 1] + night.epoch_s];
  };

  /* The window within the night that is nearest to `span`; the whole night without one. */
  browser.fit = function (night, span) {
    var ends = browser.ends(night), whole = ends[1] - ends[0];
    if (!span || !isFinite(span[1] - span[0])) { span = ends; }
    var length = Math.min(Math.max(span[1] - span[0], Math.min(SHORTEST, whole)), whole);
    var from = Math.min(Math.max(span[0], ends[0]), ends[1] - length);
    return [from, from + length];
  };

  /* Sentences about an address's t and w, as it gives them, that do not fit the night. */
  browser.unfit = function (night, given) {
    var ends = browser.ends(night), whole = ends[1] - ends[0], faults = [];
    if (given.t < ends[0] - 1 || given.t >= ends[1]) {
      faults.push("No second " + given.t + " in this night, which goes from " + Math.round(ends[0]) + " to " + Math.round(ends[1]) +
        "; showing its " + (given.t < ends[0] ? "beginning." : "end."));
    }
    if (given.w > whole + 1) { faults.push("No " + given.w + " s in this night; showing its " + Math.round(whole) + " s."); }
    if (given.w < SHORTEST) { faults.push("A window of " + given.w + " s is too short; showing " + SHORTEST + " s."); }
    return faults;
  };

  /* The slot of an epoch's number, the one that a first visit opens, or −1: a disagreement, if one can be opened. */
  browser.slotOf = function (night, view, epoch) {
    if (epoch !== browser.FIRST) { return night.arrays.epoch.indexOf(epoch); }
    var found = browser.next(view.n, -1, 1, function (slot) { return browser.opens(night, view, slot) && browser.disagrees(night, view, slot); });
    return found >= 0 ? found : browser.next(view.n, -1, 1, function (slot) { return browser.opens(night, view, slot); });
  };

  /* ---------------------------------------------------------------- addresses */

  /* The text behind an address's # → what it asks for, as `browser.choose` takes it, with `faults` about what it says in vain. */
  browser.readAddress = function (text) {
    var asked = new URLSearchParams(text), faults = [], given = {};
    var state = { window: null, epoch: null, average: "mean", filter: false, bands: false, faults: faults, given: given };
    Array.from(new Set(asked.keys())).forEach(function (key) {
      if (KEYS.indexOf(key) < 0) { faults.push("No setting " + (key || "without a name") + "; it is left out."); }
      else if (asked.getAll(key).length > 1) { faults.push("The address says " + key + " more than once; the first counts."); }
    });
    ["subject", "night", "fold", "rule", "average"].forEach(function (name) { if (asked.has(name)) { state[name] = asked.get(name); } });
    ["filter", "bands"].forEach(function (name) {
      state[name] = asked.get(name) === "on";
      if (asked.has(name) && ["on", "off"].indexOf(asked.get(name)) < 0) {
        faults.push("No " + name + " " + asked.get(name) + ", only on and off; showing off.");
      }
    });
    function number(key, otherwise) {
      if (!asked.has(key)) { return undefined; }
      if (/^[-+]?\d+(\.\d+)?$/.test(asked.get(key))) { return Number(asked.get(key)); }
      faults.push("No " + key + " " + asked.get(key) + ", which is no number; showing " + otherwise + ".");
      return undefined;
    }
    given.t = number("t", asked.has("w") ? "the night from its beginning" : "the whole night");
    given.w = number("w", asked.has("t") ? "half an hour" : "the whole night");
    var epoch = number("epoch", "none");
    if (epoch !== undefined) { state.epoch = epoch; }
    if (given.t !== undefined || given.w !== undefined) {
      var from = given.t === undefined ? 0 : given.t;
      state.window = [from, from + (given.w === undefined ? HALF_HOUR : given.w)];
    }
    return state;
  };

  /* A name of a list as it stands in an address: its slug, where that means no other name as well. */
  function short(list, key, name) {
    var slug = list.filter(function (item) { return item[key] === name; })[0].slug;
    var alone = list.filter(function (item) { return item.slug === slug; }).length === 1;
    return alone && slug && /^[\x20-\x7e]+$/.test(name) ? slug : encodeURIComponent(name);
  }

  /* The text behind the # of the address that shows a state. */
  browser.writeAddress = function (index, state) {
    var subject = index.subjects[values(index.subjects, "subject").indexOf(state.subject)];
    function seconds(value) { return String(+value.toFixed(1)); }
    var parts = ["subject=" + short(index.subjects, "subject", state.subject), "night=" + short(subject.nights, "label", state.night),
      "fold=" + state.fold, "rule=" + short(index.rules, "name", state.rule), "t=" + seconds(state.window[0]),
      "w=" + seconds(state.window[1] - state.window[0])];
    if (state.average !== "mean") { parts.push("average=" + state.average); }
    if (state.filter) { parts.push("filter=on"); }
    if (state.bands) { parts.push("bands=on"); }
    if (state.epoch !== null && state.epoch !== undefined) { parts.push("epoch=" + state.epoch); }
    return parts.join("&");
  };
})(SleepBrowser);
