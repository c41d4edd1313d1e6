// Addresses and what they show: what there is none of is said, and the address that is written leads back to the same view.
"use strict";
const test = require("node:test"), assert = require("node:assert/strict");
const { browser, packet } = require("./browser-load.js");

const FRESH = { average: "mean", filter: false, bands: false, epoch: null };

async function from(text, before) {
  const index = await packet("index");
  return browser.choose(index, before || FRESH, browser.readAddress(text));
}

const SAID = {
  "subject=zzz": ["No subject zzz; showing 01."],
  "subject=": ["No subject ; showing 01."],
  "subject=01&night=placebo": ["No night placebo of subject 01; showing a."],
  "fold=7": ["No fold 7 of this night; showing 2."],
  "fold=abc": ["No fold abc of this night; showing 2."],
  "rule=nonsense": ["No rule nonsense; showing ε = 0.01."],
  "average=median": ["No average median; showing mean of shares."],
  "filter=maybe": ["No filter maybe, only on and off; showing off."],
  "bands=1": ["No bands 1, only on and off; showing off."],
  "epoch=abc": ["No epoch abc, which is no number; showing none."],
  "t=soon": ["No t soon, which is no number; showing the whole night."],
  "t=60&w=long": ["No w long, which is no number; showing half an hour."],
  "colour=red": ["No setting colour; it is left out."],
  "rubbish": ["No setting rubbish; it is left out."],
  "rule=eps-100&rule=eps-0.01": ["The address says rule more than once; the first counts."],
  "rule=a%241&subject=%24%26": ["No subject $&; showing 01.", "No rule a$1; showing ε = 0.01."],
  "=x": ["No setting without a name; it is left out."]
};
for (const [text, words] of Object.entries(SAID)) {
  test(`#${text} is answered in words`, async () => {
    const { state, faults } = await from(text);
    assert.deepEqual(faults, words);
    assert.equal(state.subject, "01");
  });
}

for (const text of ["", "subject=1", "subject=01", "subject=001", "rule=eps-100", "rule=EPS-100", "rule=eps%3D100", "night=a", "night=A", "fold=all",
  "fold=5", "filter=on&bands=off", "t=60&w=300&epoch=7", "w=300"]) {
  test(`#${text} is no fault`, async () => { assert.deepEqual((await from(text)).faults, []); });
}

test("subject 1 is 01, but not where 1 is another", async () => {
  assert.equal(browser.place([["01", "02"]], "1"), 0);
  assert.equal(browser.place([["01", "1"]], "1"), 1);
  assert.equal(browser.place([["01", "001"]], "1"), -1);
  assert.equal(browser.place([["2", "5", "all"]], "all"), 2);
});

test("t and w that do not fit the night are said, and the nearest is shown", async () => {
  const night = await packet("night");  // 0 to 600 s
  assert.deepEqual(browser.unfit(night, { t: 60, w: 300 }), []);
  assert.deepEqual(browser.unfit(night, { t: 60 }), []);
  assert.deepEqual(browser.unfit(night, { t: -5 }), ["No second -5 in this night, which goes from 0 to 600; showing its beginning."]);
  assert.deepEqual(browser.unfit(night, { t: 9999 }), ["No second 9999 in this night, which goes from 0 to 600; showing its end."]);
  assert.deepEqual(browser.unfit(night, { t: 0, w: 9999 }), ["No 9999 s in this night; showing its 600 s."]);
  assert.deepEqual(browser.unfit(night, { t: 0, w: -10 }), ["A window of -10 s is too short; showing 2 s."]);
  const spans = [[9999, 10299], [-50, 250], [0, 9999], [100, 90], [100, 400], null, [NaN, NaN]];
  assert.deepEqual(spans.map((span) => browser.fit(night, span)),
    [[300, 600], [0, 300], [0, 600], [100, 102], [100, 400], [0, 600], [0, 600]]);
});

test("an address leads back to the view that it was written of", async () => {
  const index = await packet("index");
  const view = { subject: "01", night: "a", fold: "all", rule: "eps=100", average: "pooled", filter: true, bands: true, window: [61.5, 363], epoch: 9 };
  const text = browser.writeAddress(index, view);
  assert.equal(text, "subject=01&night=a&fold=all&rule=eps-100&t=61.5&w=301.5&average=pooled&filter=on&bands=on&epoch=9");
  const wanted = browser.readAddress(text), { state, faults } = browser.choose(index, FRESH, wanted);
  assert.deepEqual(faults, []);
  assert.deepEqual({ ...state, window: wanted.window, epoch: wanted.epoch }, view);
});

test("what an address leaves out is as on a first visit; what a reader leaves out stays", async () => {
  const before = { ...FRESH, subject: "01", night: "a", fold: 5, rule: "eps=100", average: "pooled", filter: true };
  assert.deepEqual((({ fold, rule, average, filter }) => [fold, rule, average, filter])((await from("subject=1", before)).state), [5, "eps=100", "mean", false]);
  const { state, same } = browser.choose(await packet("index"), before, { fold: 2 });
  assert.deepEqual([state.fold, state.rule, state.average, state.filter, same], [2, "eps=100", "pooled", true, true]);
});

test("bands that a study has not are said", async () => {
  const index = { ...await packet("index"), bands: [] };
  const { state, faults } = browser.choose(index, FRESH, { bands: true });
  assert.deepEqual([state.bands, faults], [false, ["No frequency bands in this study; showing shares without them."]]);
});
