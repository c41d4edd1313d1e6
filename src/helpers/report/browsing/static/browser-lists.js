/* What stands beside the drawings: a list of epochs that are worth a look (report/browsing/worth_a_look.py), and the epochs in view
   as a table. */
(function (browser) {
  "use strict";

  var make = browser.make, AROUND = 900;  // seconds on either side

  /* The list of a browser, hidden where there is nothing; a click shows an epoch. */
  browser.worth = function (own) {
    var box = make("details", { className: "sr-table sr-browser-worth", hidden: !own.index.worth.length },
      [make("summary", { textContent: "Worth a look" })]);
    own.index.worth.forEach(function (group) {
      box.append(make("h3", { textContent: group.kind }), make("ul", {}, group.epochs.map(function (one) {
        var words = "Subject " + one.subject + ", " + one.night + ", epoch " + one.epoch;
        return make("li", {}, [own.button(words, words + ": " + one.why, function () {
          own.go({ subject: one.subject, night: one.night, fold: one.fold, epoch: one.epoch, window: [one.onset - AROUND, one.onset + AROUND] });
          own.stage.focus();
        }), make("span", { textContent: " " + one.why + (one.opens ? " ▮" : "") })]);
      })));
    });
    return box;
  };

  /* The epochs of slots as a table, on demand with frequency bands. */
  browser.table = function (index, night, view, slots, banded) {
    var data = night.arrays, parts = index.modalities.length, stages = index.stages.length, count = banded && data.bands ? parts * index.bands.length : 0;
    function row(cells, tag) {
      return make("tr", {}, cells.map(function (cell) { return make(tag, { textContent: cell }); }));
    }
    function share(value) { return isFinite(value) ? (100 * value).toFixed(1) : ""; }
    var body = slots.map(function (slot) {
      var dropped = data.reason[slot] >= 0, name = function (stage) { return stage < 0 ? "" : index.stages[stage].name; };
      return row([browser.clock(night, data.onset[slot]), data.epoch[slot],
        dropped ? night.reasons[data.reason[slot]] : name(data.true[slot]), dropped ? "" : name(view.predicted[slot])]
        .concat(Array.from(view.shares.subarray(slot * parts, (slot + 1) * parts), share))
        .concat(Array.from(view.bands.subarray(slot * count, (slot + 1) * count), share))
        .concat(Array.from(view.probabilities.subarray(slot * stages, (slot + 1) * stages), dropped ? function () { return ""; } : share)), "td");
    });
    var names = index.modalities.map(function (one) { return one.name + " %"; });
    index.modalities.forEach(function (one) {
      if (count) { index.bands.forEach(function (band) { names.push(one.name + " " + band + " %"); }); }
    });
    names = names.concat(index.stages.map(function (stage) { return "probability of " + stage.name + " %"; }));
    var head = make("thead", {}, [row(["clock", "epoch", index.given, "predicted"].concat(names), "th")]);
    return make("table", { className: "sr-data" }, [head, make("tbody", {}, body)]);
  };
})(SleepBrowser);
