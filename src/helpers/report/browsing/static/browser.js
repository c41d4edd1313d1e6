/* The subject browser: controls and drawings over one state. `mount` serves both hosts: a published page, whose state lives in the
   address, and JupyterLab, whose widget sets and observes it (report/browsing/lab_widget.py). What a reader does: browser-reader.js. */
(function (browser) {
  "use strict";

  var HELP = "Arrow keys move the chosen epoch, with Shift the view; + and − zoom, 0 shows the whole night; d and D go to the " +
    "next and previous disagreement, s and S to the next and previous stage change, o and O to the next and previous epoch that opens; " +
    "Enter opens the epoch, Escape closes it; f switches the display filter.";
  var DETAIL = 90, AT_ONCE = 4;  // s of a window in which true signals are drawn, and of how many epochs

  var make = browser.make;
  var count = 0;

  /* Words of a legend behind their mark, which has a style of its own. */
  function marked(style, text) {
    var mark = make("span", { className: "sr-browser-mark", "aria-hidden": "true" });
    Object.assign(mark.style, style);
    return make("span", {}, [mark, text]);
  }

  /* Put a browser into `element`.

     source : function name → promise of a packet ("index", a night's file, or "epoch/<file>/<number>").
     options.state : what to show: {subject, night, fold, rule, average, filter, bands, window, epoch}, each as it may be missing.
     options.changed : called with the whole state after each change that a reader made.
     Returns a promise of {set(state), state()}. */
  browser.mount = function (element, source, options) {
    element.textContent = "Loading the nights …";
    return source("index").then(function (index) {
      var own = new Browser(element, source, index, options || {});
      return own.set((options || {}).state || {}).catch(function () {}).then(function () { return own; });
    }).catch(function (error) {
      element.textContent = "The nights cannot be shown: " + error.message + ".";
      throw error;
    });
  };

  var Browser = browser.Browser = function (element, source, index, options) {
    this.source = source;
    this.index = index;
    this.changed = options.changed || function () {};
    this.current = { average: "mean", filter: false, bands: false, epoch: null };
    this.faults = [];
    this.samples = {};
    this.turn = 0;
    this.build(element);
  };

  Browser.prototype.state = function () {
    var state = Object.assign({}, this.current);
    delete state.slot;
    return state;
  };

  /* ---------------------------------------------------------------- what is chosen */

  Browser.prototype.subject = function () {
    var name = this.current.subject;
    return this.index.subjects.filter(function (one) { return one.subject === name; })[0];
  };

  Browser.prototype.listed = function () {
    var label = this.current.night;
    return this.subject().nights.filter(function (one) { return one.label === label; })[0];
  };

  /* Show another state; what it leaves out stays, as far as it can. Returns a promise that holds once it is drawn. */
  Browser.prototype.set = function (wanted) {
    var own = this, turn = ++this.turn, before = this.current, chosen = browser.choose(this.index, before, wanted), state = chosen.state;
    function asked(name) { return name in wanted ? wanted[name] : chosen.same ? before[name] : null; }
    this.faults = chosen.faults;
    this.current = state;
    this.tip.hidden = true;  // what it said may have moved
    if (!chosen.same) { this.night = null; this.samples = {}; }
    return this.source(this.listed().file).then(function (night) {
      if (turn !== own.turn) { return undefined; }
      own.night = night;
      state.window = browser.fit(night, asked("window"));
      if (wanted.given) { own.faults = own.faults.concat(browser.unfit(night, wanted.given)); }
      own.view = browser.view(own.index, night, state.fold, state.rule);
      own.chooseEpoch(asked("epoch"));
      own.fill();
      own.draw();
      own.sharpen();
      return own.detail();
    }).catch(function (error) {
      if (turn === own.turn) { own.fill(); }
      own.say("This night cannot be shown: " + error.message + ".");
      throw error;
    });
  };

  Browser.prototype.chooseEpoch = function (epoch) {
    var state = this.current;
    state.slot = epoch === null || epoch === undefined ? -1 : browser.slotOf(this.night, this.view, epoch);
    if (state.slot < 0 && typeof epoch === "number") { this.faults.push("No epoch " + epoch + " in this night; showing none."); }
    state.epoch = state.slot < 0 ? null : this.night.arrays.epoch[state.slot];
  };

  /* In a short window, load the true signal of the epochs in view that can be opened. */
  Browser.prototype.sharpen = function () {
    var own = this, night = this.night, file = this.listed().file, span = this.current.window;
    var slots = this.pen.slots.filter(function (slot) { return browser.opens(night, own.view, slot); });
    if (span[1] - span[0] > DETAIL || slots.length > AT_ONCE) { slots = []; }
    var epochs = slots.map(function (slot) { return night.arrays.epoch[slot]; });
    Promise.all(epochs.map(function (epoch) {
      return own.source("epoch/" + file + "/" + epoch).catch(function () { return null; });  // stretches stay where a file is missing
    })).then(function (packets) {
      if (own.night !== night || own.current.window !== span) { return; }
      var before = Object.keys(own.samples).join(), samples = {};
      packets.forEach(function (packet, at) { if (packet) { samples[epochs[at]] = packet; } });
      own.samples = samples;
      if (Object.keys(samples).join() !== before) { own.draw(); }
    });
  };

  /* ---------------------------------------------------------------- what is on the page */

  Browser.prototype.select = function (name, label, choose) {
    var own = this, select = this.selects[name] = make("select", { id: "sr-browser-" + this.number + "-" + name });
    select.addEventListener("change", function () { own.go(choose(select.value)); });
    return make("label", { className: "sr-browser-field", for: select.id }, [label + " ", select]);
  };

  Browser.prototype.button = function (text, label, act) {
    var button = make("button", { type: "button", textContent: text, title: label, "aria-label": label });
    button.addEventListener("click", act);
    return button;
  };

  Browser.prototype.build = function (element) {
    var own = this;
    this.number = ++count;
    this.selects = {};
    this.filter = make("input", { type: "checkbox", id: "sr-browser-" + this.number + "-filter" });
    this.filter.addEventListener("change", function () { own.go({ filter: own.filter.checked }); });
    this.bands = make("input", { type: "checkbox", id: "sr-browser-" + this.number + "-bands" });
    this.bands.addEventListener("change", function () { own.go({ bands: own.bands.checked }); });
    function value(name) { return function (text) { var state = {}; state[name] = text; return state; }; }
    var controls = make("div", { className: "sr-browser-controls", role: "group", "aria-label": "What is shown" }, [
      this.select("subject", "Subject", value("subject")), this.select("night", "Night", value("night")),
      this.select("fold", "Fold", function (text) { return { fold: text === browser.ALL ? text : Number(text) }; }),
      this.select("rule", "Rule", value("rule")), this.select("average", "Average", value("average")),
      make("label", { className: "sr-browser-field", for: this.filter.id }, [this.filter, " Display filter"]),
      make("label", { className: "sr-browser-field", for: this.bands.id, hidden: !this.index.bands.length }, [this.bands, " Frequency bands"])]);
    var moves = make("div", { className: "sr-browser-controls", role: "group", "aria-label": "Move along the night" }, [
      this.button("⟨", "Earlier", function () { own.pan(-0.5); }), this.button("⟩", "Later", function () { own.pan(0.5); }),
      this.button("+", "Zoom in", function () { own.zoom(0.5); }), this.button("−", "Zoom out", function () { own.zoom(2); }),
      this.button("Whole night", "Whole night", function () { own.go({ window: null }); }),
      this.button("Previous disagreement", "Previous disagreement (D)", function () { own.seek(-1, "disagrees"); }),
      this.button("Next disagreement", "Next disagreement (d)", function () { own.seek(1, "disagrees"); }),
      this.button("Previous stage change", "Previous stage change (S)", function () { own.seek(-1, "changes"); }),
      this.button("Next stage change", "Next stage change (s)", function () { own.seek(1, "changes"); }),
      this.button("Previous epoch that opens", "Previous epoch that opens (O)", function () { own.seek(-1, "opens"); }),
      this.button("Next epoch that opens", "Next epoch that opens (o)", function () { own.seek(1, "opens"); })]);
    this.status = make("p", { className: "sr-browser-status", role: "status" });
    this.canvas = make("canvas", { role: "img" });
    this.help = make("p", { id: "sr-browser-" + this.number + "-help", className: "sr-browser-help", textContent: HELP });
    this.tip = make("div", { className: "sr-browser-tip", hidden: true, "aria-hidden": "true" });
    this.stage = make("div", { className: "sr-browser-night", id: "sr-browser-" + this.number + "-night", tabIndex: 0, role: "application",
      "aria-label": "Night", "aria-describedby": this.help.id }, [this.canvas, this.tip]);
    var skip = make("a", { className: "sr-browser-skip", href: "#" + this.stage.id, textContent: "Skip to the night" });
    skip.addEventListener("click", function (event) { event.preventDefault(); own.stage.focus(); });  // the address holds the view
    this.legend = make("p", { className: "sr-browser-legend" });
    this.opening = make("span", { textContent: "▮ epoch that opens: its 30 s of signals and relevance (o)" });
    this.summary = make("p", { className: "sr-browser-summary" });
    this.opened = make("section", { className: "sr-browser-epoch", hidden: true, "aria-label": "The chosen epoch" });
    this.table = make("details", { className: "sr-table" }, [make("summary", { textContent: "The epochs in view as a table" })]);
    this.table.addEventListener("toggle", function () { own.fillTable(); });
    element.textContent = "";
    element.classList.add("sr-browser");
    element.append(skip, controls, moves, this.legend, this.stage, this.summary, this.status, this.opened, browser.worth(this), this.table, this.help);
    this.writeLegend();
    this.listen(element);
  };

  Browser.prototype.writeLegend = function () {
    var legend = this.legend;
    legend.append(marked({ background: "var(--sr-text)", height: "2px" }, this.index.given),
      marked({ background: "var(--sr-predicted)", height: "5px" }, "predicted"),
      make("span", { textContent: "✕ disagreement" }), make("span", { textContent: "◆ folds differ" }), this.opening);
    this.index.modalities.concat(this.index.stages).forEach(function (one) {
      legend.append(marked({ background: "url(" + browser.tile(one.colour, one.pattern).toDataURL() + ")" }, one.name));
    });
  };

  /* Controls and words as the state has them. */
  Browser.prototype.fill = function () {
    var own = this, state = this.current, listed = this.listed();
    function offer(name, options) {
      var select = own.selects[name];
      if (JSON.stringify(options) !== select.offered) {
        select.offered = JSON.stringify(options);
        select.textContent = "";
        options.forEach(function (one) { select.append(make("option", { value: one[0], textContent: one[1] })); });
      }
      select.value = String(state[name]);
    }
    offer("subject", this.index.subjects.map(function (one) { return [one.subject, one.subject]; }));
    offer("night", this.subject().nights.map(function (one) {
      return [one.label, one.label === one.recording ? one.label : one.label + " (" + one.recording + ")"];
    }));
    offer("fold", listed.folds.map(function (fold) { return [String(fold), String(fold)]; })
      .concat(listed.folds.length > 1 ? [[browser.ALL, "all (mean)"]] : []));
    offer("rule", this.index.rules.map(function (one) { return [one.name, one.label]; }));
    offer("average", this.index.averages.map(function (one) { return [one.name, one.label]; }));
    this.filter.checked = state.filter;
    this.bands.checked = state.bands;
    this.opening.hidden = !this.night || !browser.someOpen(this.night);
  };

  Browser.prototype.say = function (words) { this.status.textContent = words; };

  Browser.prototype.draw = function () {
    var state = this.current, night = this.night, view = this.view;
    this.pen = browser.drawNight(this.canvas, this.index, night, view, state, this.samples);
    var words = browser.summary(this.index, night, view, this.pen.slots, state.average === "pooled");
    this.summary.textContent = (this.index.notice ? this.index.notice.split(":")[0] + ". " : "") + words;
    this.canvas.setAttribute("aria-label", "Subject " + state.subject + ", night " + state.night + ", " +
      browser.foldWords(state.fold) + ", " + browser.clock(night, state.window[0]) + " to " +
      browser.clock(night, state.window[1]) + ": hypnogram, probabilities, signals and shares. " + words);
    var chosen = state.slot >= 0 ? browser.words(this.index, night, view, state.slot) : "Choose an epoch to see it.";
    this.say(this.faults.concat([chosen]).join(" "));
    this.fillTable();
  };

  /* The same numbers as a table, while it is open. */
  Browser.prototype.fillTable = function () {
    if (!this.table.open || !this.night) { return; }
    var box = make("div", { className: "sr-scroll", tabIndex: 0, role: "region", "aria-label": "Epochs in view" },
      [browser.table(this.index, this.night, this.view, this.pen.slots, this.current.bands)]);
    this.table.replaceChildren(this.table.firstElementChild, box);
  };

  /* ---------------------------------------------------------------- the chosen epoch */

  Browser.prototype.detail = function () {
    var own = this, state = this.current, night = this.night, turn = this.turn;
    if (state.slot < 0 || night.arrays.reason[state.slot] >= 0) {
      this.picture = null;
      this.opened.hidden = true;
      return undefined;
    }
    var close = this.button("Close", "Close the epoch (Escape)", function () { own.go({ epoch: null }); own.stage.focus(); });
    var heading = make("h2", { textContent: "Epoch " + state.epoch });
    if (!browser.opens(night, this.view, state.slot)) {
      this.show([heading, close, make("p", { textContent: "The " + night.epoch_s + " s of this epoch are not on " +
        "this page, which holds those of " + this.index.detail + " (the bars under the hypnogram; o goes " +
        "to the next). In JupyterLab every epoch can be opened." })]);
      return undefined;
    }
    return this.source("epoch/" + this.listed().file + "/" + state.epoch).then(function (packet) {
      if (turn !== own.turn) { return; }
      var stage = own.index.stages[own.view.predicted[state.slot]].name, parts = own.index.modalities.length;
      var canvas = make("canvas", { role: "img", "aria-label": "Signals of the epoch with the relevance of each twentieth of a " +
        "second for " + stage + ". Relevance: " + browser.shareWords(own.index,
        own.view.shares.subarray(state.slot * parts, (state.slot + 1) * parts)) + "." });
      var legend = make("p", { className: "sr-browser-legend" }, [
        marked({ background: browser.signed(own.index, 1, 1) }, "supports " + stage + " (bars up, full)" +
          browser.explainingWords(night, own.view, state.slot)),
        marked({ background: browser.signed(own.index, -1, 1) }, "speaks against " + stage + " (bars down, striped)")]);
      if (own.index.context) { legend.append(make("span", { textContent: "Shares" + browser.neighbours(own.index) + "; here are its own 30 s" })); }
      var tip = make("div", { className: "sr-browser-tip", hidden: true, "aria-hidden": "true" });
      own.show([heading, close, legend, make("div", { className: "sr-browser-canvas" }, [canvas, tip])]);
      var pen = null;
      own.picture = function () { pen = browser.drawEpoch(canvas, own.index, night, own.view, own.current, packet); };
      own.picture();
      browser.tell(canvas, tip, function (x) { return browser.readEpoch(pen, own.index, night, packet, own.current.slot, x); });
    }).catch(function (error) {
      own.show([heading, close, make("p", { textContent: "The " + night.epoch_s + " s of this epoch cannot be shown: " +
        error.message + "." })]);
    });
  };

  Browser.prototype.show = function (children) {
    this.picture = null;
    this.opened.hidden = false;
    this.opened.replaceChildren.apply(this.opened, children);
  };
})(SleepBrowser);
