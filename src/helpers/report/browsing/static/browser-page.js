/* The subject browser on a published page: packets from files beside it, its state in the address, so that a view can be
   sent to somebody: #subject=12&night=placebo&fold=3&rule=eps-100&t=4200&w=1800&epoch=141 (t and w in seconds; half an hour without w). */
(function (browser) {
  "use strict";

  function read() {
    var asked = new URLSearchParams(location.hash.slice(1)), state = { window: null, epoch: null, average: "mean" };
    ["subject", "night", "rule", "average"].forEach(function (name) { if (asked.has(name)) { state[name] = asked.get(name); } });
    if (asked.has("fold")) { state.fold = asked.get("fold") === browser.ALL ? browser.ALL : Number(asked.get("fold")); }
    state.filter = asked.get("filter") === "on";
    state.bands = asked.get("bands") === "on";
    if (asked.has("t")) {
      var from = Number(asked.get("t"));
      state.window = [from, from + (Number(asked.get("w")) || 1800)];
    }
    if (asked.has("epoch")) { state.epoch = Number(asked.get("epoch")); }
    return state;
  }

  /* A name of a list as it stands in the address: its slug, where that means no other name as well. */
  function short(list, key, name) {
    var slug = list.filter(function (item) { return item[key] === name; })[0].slug;
    var alone = list.filter(function (item) { return item.slug === slug; }).length === 1;
    return alone && slug && /^[\x20-\x7e]+$/.test(name) ? slug : encodeURIComponent(name);
  }

  function write(state, own) {
    var parts = ["subject=" + short(own.index.subjects, "subject", state.subject),
      "night=" + short(own.subject().nights, "label", state.night), "fold=" + state.fold,
      "rule=" + short(own.index.rules, "name", state.rule), "t=" + Math.round(state.window[0]),
      "w=" + Math.round(state.window[1] - state.window[0])];
    if (state.average !== "mean") { parts.push("average=" + state.average); }
    if (state.filter) { parts.push("filter=on"); }
    if (state.bands) { parts.push("bands=on"); }
    if (state.epoch !== null && state.epoch !== undefined) { parts.push("epoch=" + state.epoch); }
    history.replaceState(null, "", "#" + parts.join("&"));
  }

  /* Browsers let an address change some 20 times a second, a drag would more often. */
  var due = null;
  function later(state, own) {
    clearTimeout(due);
    due = setTimeout(function () { write(state, own); }, 100);
  }

  function begin() {
    document.querySelectorAll("[data-sleep-browser]").forEach(function (element) {
      var source = browser.files(element.dataset.sleepBrowser);
      browser.mount(element, source, { state: location.hash.length > 1 ? read() : {}, changed: later }).then(function (own) {
        window.addEventListener("hashchange", function () {
          clearTimeout(due);
          own.set(read()).catch(function () {});
        });
        if (location.hash.length <= 1 && own.night) { write(own.state(), own); }
        element.dataset.ready = "yes";
      });
    });
  }

  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", begin); } else { begin(); }
})(SleepBrowser);
