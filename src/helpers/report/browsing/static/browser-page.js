/* The subject browser on a published page: packets from files beside it, its state in the address, so that a view can be sent to
   somebody. What an address asks for in vain is said, and the address is mended (browser-choice.js). */
(function (browser) {
  "use strict";

  /* Whether the address names a place of the page rather than a view. */
  function isPlace() {
    var name = location.hash.slice(1);
    return Boolean(name && name.indexOf("=") < 0 && document.getElementById(name));
  }

  function read() { return browser.readAddress(location.hash.slice(1)); }

  function write(state, own) { history.replaceState(null, "", "#" + browser.writeAddress(own.index, state)); }

  /* Browsers let an address change some 20 times a second, a drag would more often. */
  var due = null;
  function later(state, own) {
    clearTimeout(due);
    due = setTimeout(function () { write(state, own); }, 100);
  }

  function begin() {
    document.querySelectorAll("[data-sleep-browser]").forEach(function (element) {
      var source = browser.files(element.dataset.sleepBrowser), first = location.hash.length <= 1 || isPlace();
      browser.mount(element, source, { state: first ? { epoch: browser.FIRST } : read(), changed: later }).then(function (own) {
        window.addEventListener("hashchange", function () {
          if (isPlace()) { return; }
          clearTimeout(due);
          own.set(read()).then(function () { write(own.state(), own); }).catch(function () {});
        });
        if (own.night && !isPlace()) { write(own.state(), own); }
        element.dataset.ready = "yes";
      });
    });
  }

  if (document.readyState === "loading") { document.addEventListener("DOMContentLoaded", begin); } else { begin(); }
})(SleepBrowser);
