/* A list of epochs that are worth a look (report/browsing/worth_a_look.py); a click shows one. */
(function (browser) {
  "use strict";

  var make = browser.make, AROUND = 900;  // seconds on either side

  /* The list of a browser, empty where there is nothing. */
  browser.worth = function (own) {
    var box = make("details", { className: "sr-table sr-browser-worth", hidden: !own.index.worth.length },
      [make("summary", { textContent: "Worth a look" })]);
    own.index.worth.forEach(function (group) {
      box.append(make("h3", { textContent: group.kind }), make("ul", {}, group.epochs.map(function (one) {
        var words = "Subject " + one.subject + ", " + one.night + ", epoch " + one.epoch;
        return make("li", {}, [own.button(words, words + ": " + one.why, function () {
          own.go({ subject: one.subject, night: one.night, fold: one.fold, epoch: one.epoch, window: [one.onset - AROUND, one.onset + AROUND] });
          own.stage.focus();
        }), make("span", { textContent: " " + one.why })]);
      })));
    });
    return box;
  };
})(SleepBrowser);
