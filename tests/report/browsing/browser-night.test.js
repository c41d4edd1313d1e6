// A night as the chosen folds see it, against averages that pandas took from the tables.
"use strict";
const test = require("node:test"), assert = require("node:assert/strict");
const { browser, expected, packet, near } = require("./browser-load.js");

const WITHIN = 1.6e-5;  // of whole numbers of 1/65535

async function shown(fold, rule) {
  const index = await packet("index"), night = await packet("night");
  return { index, night, view: browser.view(index, night, fold, rule) };
}

for (const { fold, rule, epochs } of expected.views) {
  test(`stages, probabilities, shares and bands of fold ${fold} under ${rule} are those of the tables, epoch by epoch`, async () => {
    const { index, night, view } = await shown(fold, rule);
    assert.equal(Object.keys(epochs).length + 1, view.n);  // one slot was dropped
    night.arrays.epoch.forEach((epoch, slot) => {
      const wanted = epochs[epoch];
      if (!wanted) {
        assert.equal(view.predicted[slot], -1);
        near(view.shares.subarray(3 * slot, 3 * slot + 3), [null, null, null]);
        return;
      }
      assert.equal(index.stages[view.predicted[slot]].name, wanted.predicted, `epoch ${epoch}`);
      near(view.probabilities.subarray(5 * slot, 5 * slot + 5), wanted.probabilities, WITHIN);
      near(view.shares.subarray(3 * slot, 3 * slot + 3), wanted.shares, WITHIN);
      near(view.bands.subarray(6 * slot, 6 * slot + 6), wanted.bands, WITHIN);
      near([view.logTotal[slot]], [wanted.log_total], 1e-5);
      assert.equal(view.differs[slot], wanted.differs ? 1 : 0, `epoch ${epoch}`);
      assert.equal(browser.misread(night, view, slot), wanted.misread, `epoch ${epoch}`);
    });
  });
}

for (const pooled of [false, true]) {
  test(`shares over the night, ${pooled ? "pooled" : "each epoch counting the same"}, are those of the tables`, async () => {
    const { view } = await shown(2, "eps=100");
    const every = Array.from({ length: view.n }, (_, slot) => slot);
    near(browser.averaged(view, every, pooled, 3), expected.averages[pooled ? "pooled" : "mean"], WITHIN);
  });
}

test("an epoch is read out with its time, stages, probabilities and shares", async () => {
  const { index, night, view } = await shown(2, "eps=100"), slot = 5;
  const { true: stage, predicted, probabilities, shares } = expected.views.find((one) => one.fold === 2 && one.rule === "eps=100").epochs[5];
  const percent = (value) => `${Math.round(100 * value)} %`;
  assert.deepEqual(browser.reading(index, night, view, slot, night.arrays.onset[slot] + 12.7), [
    "00:00:42, epoch 5", `scored ${stage}, predicted ${predicted}`,
    ["W", "N1", "N2", "N3", "REM"].map((name, at) => `${name} ${percent(probabilities[at])}`).join(", "),
    "Relevance: " + ["EEG", "EOG", "EMG"].map((name, at) => `${name} ${percent(shares[at])}`).join(", ")]);
  assert.deepEqual(browser.reading(index, night, view, 3, 95), ["23:59:35", "dropped, movement"]);
  ["EEG", "EOG", "EMG"].forEach((name, at) => {
    assert.equal(browser.shareOf(index, view, slot, name), `${name}: ${percent(shares[at])} of relevance`);
  });
});

test("stage changes, disagreements and epochs that open are found forwards and backwards", async () => {
  const { night, view } = await shown(5, "eps=100");
  const slots = (what) => Array.from({ length: view.n }, (_, slot) => slot).filter((slot) => browser[what](night, view, slot));
  assert.deepEqual(slots("changes"), expected.changes);
  assert.deepEqual(slots("disagrees"), [9]);
  assert.deepEqual(slots("opens"), [7, 9]);
  const is = (slot) => browser.opens(night, view, slot);
  assert.deepEqual([browser.next(view.n, 7, 1, is), browser.next(view.n, 9, -1, is), browser.next(view.n, 9, 1, is)], [9, 7, -1]);
});

test("a first visit opens a disagreement that can be opened, else an epoch that can, else none", async () => {
  const { night, view } = await shown(5, "eps=100"), other = (await shown(2, "eps=100")).view;
  assert.deepEqual([browser.slotOf(night, view, browser.FIRST), browser.slotOf(night, other, browser.FIRST)], [9, 7]);
  assert.equal(browser.slotOf({ ...night, opened: [] }, view, browser.FIRST), -1);
  assert.deepEqual([7, -3, 99].map((epoch) => browser.slotOf(night, view, epoch)), [7, -1, -1]);
});

test("numbers have a minus of their own, and none before 0", () => {
  assert.deepEqual(["-27.0", "3.5", "-0.0", "-0 %", "-4.2 %"].map(browser.signedText), ["−27.0", "3.5", "0.0", "0 %", "−4.2 %"]);
});

test("clock times go to the minute, the second and the hundredth, over midnight", async () => {
  const night = await packet("night");  // begins at 23:58
  assert.deepEqual([browser.clock(night, 121.6), browser.clock(night, 59, true), browser.clock(night, 119.25, false, true)],
    ["00:00:02", "23:58", "23:59:59.25"]);
});

test("what shares are of is said where the network takes neighbours", async () => {
  const index = await packet("index");
  assert.deepEqual([0, 1, 2].map((context) => browser.neighbours({ ...index, context })),
    ["", ", of an epoch with 1 neighbour on each side", ", of an epoch with 2 neighbours on each side"]);
  assert.equal(index.context, 1);
});
