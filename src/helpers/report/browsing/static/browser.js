/* The subject browser: controls, keyboard and drawings over one state. `mount` serves both hosts: a published page, whose
   state lives in the address, and JupyterLab, whose widget sets and observes it (report/browsing/lab_widget.py). */
(function (browser) {
  "use strict";

  var HELP = "Arrow keys move the chosen epoch, with Shift the view; + and − zoom, 0 shows the whole night; d and D go to the " +
    "next and previous disagreement, s and S to the next and previous stage change; Enter opens the epoch, Escape closes it; " +
    "f switches the display filter.";

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

  function Browser(element, source, index, options) {
    this.source = source;
    this.index = index;
    this.changed = options.changed || function () {};
    this.current = { average: "mean", filter: false, bands: false, epoch: null };
    this.turn = 0;
    this.build(element);
  }

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

  /* Value of `options` that is asked for, by itself or by its slug in `slugs`, or the first; what is not there is said. */
  Browser.prototype.among = function (options, asked, what, slugs) {
    if (asked === undefined || asked === null) { return options[0]; }
    var at = options.indexOf(asked);
    if (at < 0 && slugs) { at = slugs.indexOf(String(asked).toLowerCase()); }
    if (at < 0) { this.missing.push("there is no " + what + " " + asked); }
    return options[Math.max(at, 0)];
  };

  function values(list, key) { return list.map(function (item) { return item[key]; }); }

  /* Show another state; what it leaves out stays, as far as it can. Returns a promise that holds once it is drawn. */
  Browser.prototype.set = function (wanted) {
    var own = this, turn = ++this.turn, before = this.current, same = true;
    this.missing = [];
    var asked = Object.assign({}, before, wanted), state = Object.assign({}, before);
    var subjects = this.index.subjects, rules = this.index.rules;
    state.subject = this.among(values(subjects, "subject"), asked.subject, "subject", values(subjects, "slug"));
    this.current = state;
    var nights = this.subject().nights;
    function recordingOf(name) {
      var found = nights.filter(function (one) { return one.recording === name; })[0];
      return found ? found.label : name;
    }
    same = state.subject === before.subject;
    state.night = this.among(values(nights, "label"), same || "night" in wanted ? recordingOf(asked.night) : null, "night",
      values(nights, "slug"));
    same = same && state.night === before.night;
    var folds = this.listed().folds, choices = folds.length > 1 ? folds.concat([browser.ALL]) : folds;
    var fold = asked.fold !== undefined && (same || "fold" in wanted || choices.indexOf(asked.fold) >= 0) ? asked.fold : null;
    state.fold = this.among(choices, fold, "fold");
    state.rule = this.among(values(rules, "name"), asked.rule, "rule", values(rules, "slug"));
    state.average = this.among(values(this.index.averages, "name"), asked.average, "average");
    state.filter = Boolean(asked.filter);
    state.bands = Boolean(asked.bands);
    state.epoch = same || "epoch" in wanted ? asked.epoch : null;
    if (!same) { this.night = null; }
    return this.source(this.listed().file).then(function (night) {
      if (turn !== own.turn) { return; }
      own.night = night;
      own.fit(same || "window" in wanted ? asked.window : null);
      own.view = browser.view(own.index, night, state.fold, state.rule);
      state.slot = state.epoch === null || state.epoch === undefined ? -1 : night.arrays.epoch.indexOf(state.epoch);
      if (state.epoch !== null && state.slot < 0) {
        own.missing.push("there is no epoch " + state.epoch);
        state.epoch = null;
      }
      own.fill();
      own.draw();
      return own.detail();
    }).catch(function (error) {
      if (turn === own.turn) { own.fill(); }
      own.say("This night cannot be shown: " + error.message + ".");
      throw error;
    });
  };

  Browser.prototype.ends = function () {
    var onset = this.night.arrays.onset;
    return [onset[0], onset[onset.length - 1] + this.night.epoch_s];
  };

  /* The window within the night; the whole night without one. At least two epochs. */
  Browser.prototype.fit = function (span) {
    var ends = this.ends(), whole = ends[1] - ends[0];
    if (!span || !isFinite(span[0])) { span = ends; }
    var length = isFinite(span[1]) ? span[1] - span[0] : whole;
    length = Math.min(Math.max(length, 2 * this.night.epoch_s), whole);
    var from = Math.min(Math.max(span[0], ends[0]), ends[1] - length);
    this.current.window = [from, from + length];
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
      this.button("Next stage change", "Next stage change (s)", function () { own.seek(1, "changes"); })]);
    this.status = make("p", { className: "sr-browser-status", role: "status" });
    this.canvas = make("canvas", { role: "img" });
    this.help = make("p", { id: "sr-browser-" + this.number + "-help", className: "sr-browser-help", textContent: HELP });
    this.stage = make("div", { className: "sr-browser-night", tabIndex: 0, role: "application", "aria-label": "Night",
      "aria-describedby": this.help.id }, [this.canvas]);
    this.legend = make("p", { className: "sr-browser-legend" });
    this.summary = make("p", { className: "sr-browser-summary" });
    this.opened = make("section", { className: "sr-browser-epoch", hidden: true, "aria-label": "The chosen epoch" });
    this.table = make("details", { className: "sr-table" }, [make("summary", { textContent: "The epochs in view as a table" })]);
    this.table.addEventListener("toggle", function () { own.fillTable(); });
    element.textContent = "";
    element.classList.add("sr-browser");
    element.append(controls, moves, this.legend, this.stage, this.summary, this.status, this.opened, browser.worth(this), this.table, this.help);
    this.writeLegend();
    this.listen(element);
  };

  Browser.prototype.writeLegend = function () {
    var legend = this.legend;
    legend.append(marked({ background: "var(--sr-text)", height: "2px" }, this.index.given),
      marked({ background: "var(--sr-predicted)", height: "5px" }, "predicted"),
      make("span", { textContent: "✕ disagreement" }), make("span", { textContent: "◆ folds differ" }));
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
  };

  Browser.prototype.say = function (words) { this.status.textContent = words; };

  Browser.prototype.draw = function () {
    var state = this.current, night = this.night, view = this.view;
    this.pen = browser.drawNight(this.canvas, this.index, night, view, state);
    var words = browser.summary(this.index, night, view, this.pen.slots, state.average === "pooled");
    this.summary.textContent = (this.index.notice ? this.index.notice.split(":")[0] + ". " : "") + words;
    this.canvas.setAttribute("aria-label", "Subject " + state.subject + ", night " + state.night + ", " +
      browser.foldWords(state.fold) + ", " + browser.clock(night, state.window[0]) + " to " +
      browser.clock(night, state.window[1]) + ": hypnogram, probabilities, signals and shares. " + words);
    var chosen = state.slot >= 0 ? browser.words(this.index, night, view, state.slot) : "Choose an epoch to see it.";
    this.say((this.missing.length ? this.missing.join("; ") + "; what is there is shown. " : "") + chosen);
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
    var opened = night.opened === "all" || night.opened.indexOf(state.epoch) >= 0;
    if (!opened) {
      this.show([heading, close, make("p", { textContent: "The " + night.epoch_s + " s of this epoch are not on " +
        "this page, which holds those of " + this.index.detail + " (marked by a line under the hypnogram). In JupyterLab every " +
        "epoch can be opened." })]);
      return undefined;
    }
    return this.source("epoch/" + this.listed().file + "/" + state.epoch).then(function (packet) {
      if (turn !== own.turn) { return; }
      var stage = own.index.stages[own.view.predicted[state.slot]].name;
      var canvas = make("canvas", { role: "img", "aria-label": "Signals of the epoch with the relevance of each twentieth of a " +
        "second for " + stage + "." });
      var legend = make("p", { className: "sr-browser-legend" }, [
        marked({ background: browser.signed(own.index, 1, 1) }, "supports " + stage + " (bars up)" +
          browser.explainingWords(night, own.view, state.slot)),
        marked({ background: browser.signed(own.index, -1, 1) }, "speaks against " + stage + " (bars down)")]);
      var box = make("div", { className: "sr-browser-canvas" }, [canvas]);
      own.show([heading, close, legend, box]);
      own.picture = function () { browser.drawEpoch(canvas, own.index, night, own.view, own.current, packet); };
      own.picture();
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

  /* ---------------------------------------------------------------- what a reader does */

  /* Change the state as a reader does: the host is told. */
  Browser.prototype.go = function (wanted) {
    var own = this;
    return this.set(wanted).then(function () { own.changed(own.state(), own); }).catch(function () {});
  };

  Browser.prototype.pan = function (part) {
    if (!this.night) { return; }
    var span = this.current.window, by = part * (span[1] - span[0]);
    this.go({ window: [span[0] + by, span[1] + by] });
  };

  Browser.prototype.zoom = function (factor, at) {
    if (!this.night) { return; }
    var span = this.current.window, slot = this.current.slot;
    if (at === undefined) { at = slot >= 0 ? this.night.arrays.onset[slot] + this.night.epoch_s / 2 : (span[0] + span[1]) / 2; }
    at = Math.min(Math.max(at, span[0]), span[1]);
    this.go({ window: [at - (at - span[0]) * factor, at + (span[1] - at) * factor] });
  };

  /* Choose a slot, with the window moved so that it is seen. */
  Browser.prototype.choose = function (slot) {
    var span = this.current.window, onset = this.night.arrays.onset[slot], length = span[1] - span[0];
    if (onset < span[0] || onset + this.night.epoch_s > span[1]) { span = [onset - length / 2, onset + length / 2]; }
    this.go({ epoch: this.night.arrays.epoch[slot], window: span });
  };

  /* The slot from which a step goes forwards or backwards: the chosen one, or the edge of the view. */
  Browser.prototype.from = function (step) {
    if (this.current.slot >= 0) { return this.current.slot; }
    return this.pen.slots.length ? this.pen.slots[0] - (step > 0 ? 1 : 0) : -1;
  };

  Browser.prototype.seek = function (step, what) {
    if (!this.night) { return; }
    var own = this, found = browser.next(this.view.n, this.from(step), step, function (slot) { return browser[what](own.night, own.view, slot); });
    if (found >= 0) { this.choose(found); return; }
    this.say("There is no " + (step > 0 ? "later " : "earlier ") + (what === "disagrees" ? "disagreement" : "stage change") + " in this night.");
  };

  Browser.prototype.step = function (step) {
    var slot = this.from(step) + step;
    if (slot >= 0 && slot < this.view.n) { this.choose(slot); }
  };

  Browser.prototype.key = function (event) {
    var own = this, keys = {
      ArrowLeft: function () { if (event.shiftKey) { own.pan(-0.25); } else { own.step(-1); } },
      ArrowRight: function () { if (event.shiftKey) { own.pan(0.25); } else { own.step(1); } },
      "+": function () { own.zoom(0.5); }, "=": function () { own.zoom(0.5); }, "-": function () { own.zoom(2); },
      "0": function () { own.go({ window: null }); }, f: function () { own.go({ filter: !own.current.filter }); },
      d: function () { own.seek(1, "disagrees"); }, D: function () { own.seek(-1, "disagrees"); },
      s: function () { own.seek(1, "changes"); }, S: function () { own.seek(-1, "changes"); },
      Enter: function () { if (own.current.slot < 0) { own.step(1); } else { own.opened.scrollIntoView({ block: "nearest" }); } },
      Escape: function () { own.go({ epoch: null }); own.stage.focus(); } };
    if (!this.night || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) { return; }
    var held = event.target.tagName;  // a control that takes this key itself
    if (held === "SELECT" && event.key !== "Escape" || /BUTTON|SUMMARY/.test(held) && event.key === "Enter") { return; }
    event.preventDefault();
    event.stopPropagation();
    keys[event.key]();
  };

  Browser.prototype.listen = function (element) {
    var own = this, canvas = this.canvas, down = null;
    element.addEventListener("keydown", function (event) { own.key(event); });
    function seconds(event) {
      var span = own.current.window;
      return span[0] + (event.offsetX - own.pen.left) / own.pen.width * (span[1] - span[0]);
    }
    canvas.addEventListener("pointerdown", function (event) {
      if (!own.night || event.button) { return; }
      down = { x: event.offsetX, span: own.current.window, moved: false };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", function (event) {
      if (!down) { return; }
      var by = (down.x - event.offsetX) / own.pen.width * (down.span[1] - down.span[0]);
      down.moved = down.moved || Math.abs(down.x - event.offsetX) > 4;
      if (down.moved) { own.go({ window: [down.span[0] + by, down.span[1] + by] }); }
    });
    canvas.addEventListener("pointerup", function (event) {
      if (!own.night) { down = null; return; }
      var clicked = down && !down.moved, at = seconds(event);
      down = null;
      if (!clicked) { return; }
      var slot = browser.slotsIn(own.night, [at, at + 1e-6])[0];
      if (slot !== undefined) { own.choose(slot); }
    });
    canvas.addEventListener("pointercancel", function () { down = null; });
    canvas.addEventListener("wheel", function (event) {
      if (!own.night || !(event.ctrlKey || event.metaKey)) { return; }
      event.preventDefault();
      own.zoom(event.deltaY > 0 ? 1.25 : 0.8, seconds(event));
    }, { passive: false });
    function again() {
      if (!own.night) { return; }
      own.draw();
      if (own.picture) { own.picture(); }
    }
    new ResizeObserver(again).observe(this.stage);
    [document.documentElement, document.body].forEach(function (one) {
      new MutationObserver(again).observe(one, { attributes: true, attributeFilter: ["data-theme", "data-jp-theme-light"] });
    });
  };
})(SleepBrowser);
