// Where things stand in a drawing, against plain geometry and a night of which every spike is known.
"use strict";
const test = require("node:test"), assert = require("node:assert/strict");
const { browser, expected, packet, near } = require("./browser-load.js");

const known = expected.known;

test("time goes from left to right, evenly, and back from pixels to seconds", () => {
  const along = browser.along(58, 600, [1000, 1300]);
  near([1000, 1150, 1300].map(along.x), [58, 358, 658]);
  near([58, 208, 658].map(along.seconds), [1000, 1075, 1300]);
  assert.equal(along.pixels(30), 60);
});

test("values go upwards, evenly, from the foot of a panel to its top", () => {
  near([-50, 0, 25, 50].map(browser.up(100, 60, -50, 50)), [160, 130, 115, 100]);
});

test("stages stand as sleep laboratories draw them, W at the top and N3 at the foot, at even steps", async () => {
  const index = await packet("index"), y = browser.stageY(index, 20, 80);
  const rows = index.stages.map((stage, at) => [y(at), stage.name]).sort((one, other) => one[0] - other[0]);
  assert.deepEqual(rows, [[20, "W"], [40, "REM"], [60, "N1"], [80, "N2"], [100, "N3"]]);
});

test("a scale bar is as long as what it says, a round number, and neither tiny nor longer than its panel", () => {
  for (const range of [0.03, 0.9999, 1, 7.3, 20, 99, 100, 250, 1999, 4e4]) {
    const bar = browser.scaleBar(56, range);
    near([bar.length / 56], [bar.value / range]);
    assert.match(bar.value.toExponential(), /^[125]e/);
    assert.ok(bar.length <= 56.01 && bar.length > 56 * 0.39, `${range}: ${bar.length}`);
  }
});

test("stacked parts begin at the foot and go up in their order", () => {
  assert.deepEqual(browser.stack([9, 9, 0.5, 0.25, 0.25], 2, 3, 10, 80).map((part) => part.map(Math.round)), [[50, 40], [30, 20], [10, 20]]);
});

test("relevance that supports goes up, what speaks against goes down, and a quarter of the most is half as high", () => {
  assert.deepEqual(browser.relevanceBar(0.08, 0.08, 100, 24), { top: 76, height: 24 });
  assert.deepEqual(browser.relevanceBar(0.02, 0.08, 100, 24), { top: 88, height: 12 });
  assert.deepEqual(browser.relevanceBar(-0.08, 0.08, 100, 24), { top: 100, height: 24 });
});

test("the colour of support is the palette's positive end, that of what speaks against its negative one", async () => {
  const index = await packet("index");
  assert.equal(browser.signed(index, 0.01, 1), `rgba(${known.positive.join()},1.000)`);
  assert.equal(browser.signed(index, -0.01, 0.5), `rgba(${known.negative.join()},0.500)`);
  assert.equal(browser.faded("#1f77c8", 0.4), "rgba(31,119,200,0.4)");
});

for (const [folds, share] of [[[2], known.support["2"]], [[5], known.support["5"]], [[2, 5], (known.support["2"] + known.support["5"]) / 2]]) {
  test(`relevance of folds ${folds} is theirs on average, at its second and channel alone, with its sign`, async () => {
    const epoch = await packet("epoch"), bins = epoch.arrays.relevance.shape[3];
    const wanted = new Array(3 * bins).fill(0);
    wanted[Math.round(bins * known.supports_s / 30)] = share;
    wanted[bins + Math.round(bins * known.against_s / 30)] = -share;
    near(browser.relevance(epoch, folds, 1), wanted);
  });
}

test("relevance of a fold that the file does not have is refused", async () => {
  const epoch = await packet("epoch");
  assert.throws(() => browser.relevance(epoch, [3], 0), /no relevance of fold 3/);
});

test("an opened epoch's spikes stand at their second and height, upward ones up and downward ones down", async () => {
  const epoch = await packet("epoch"), night = await packet("night"), along = browser.along(0, 3000, [210, 240]);  // 1 px is 0.01 s
  const points = [0, 1].map((channel) => browser.samplePoints(night, epoch, 0, channel, 7, along.x, (value) => -value));
  const top = points[0].filter((point) => point[1] < -1), foot = points[1].filter((point) => point[1] > 1);
  near(top.map((point) => point[1]), new Array(5).fill(-known.spike.EEG), 0.8);
  near(foot.map((point) => point[1]), new Array(5).fill(known.spike.EOG), 1.6);
  near(top.map((point) => point[0]), [0, 1, 2, 3, 4].map((at) => 100 * known.up_s + at + 0.5), 1e-3);
  near(foot.map((point) => point[0]), [0, 1, 2, 3, 4].map((at) => 100 * known.down_s + at + 0.5), 1e-3);
});

function columnsOf(night, channel, left) {
  const { low, high } = night.arrays, along = browser.along(0, 1200, [0, 600]), count = low.shape[2];
  return browser.columns(low, high, channel * count, browser.stretches(night, [0, 600]), known.missing,
    (place) => along.x((place + 0.5) * night.stretch_s), left || (() => false));
}

test("a night's stretches show the spike at its second, upwards, and a gap where a slot was dropped", async () => {
  const night = await packet("night"), runs = columnsOf(night, 0);
  assert.equal(runs.length, 2);
  assert.ok(Math.abs(runs[0].at(-1)[0] - 180) < 1 && Math.abs(runs[1][0][0] - 240) < 1);  // slot 3 is 90 s to 120 s, at 2 px a second
  const spiked = runs[1].filter((column) => column[0] > 421 && column[0] < 479), scale = night.scales[0][0];
  const raised = spiked.filter((column) => column[2] > 0);
  assert.ok(raised.length >= 1 && raised.every((column) => Math.abs(column[0] - 2 * (210 + known.up_s)) < 1.1), JSON.stringify(raised));
  near(raised.slice(0, 1).map((column) => column[2] * scale), [known.spike.EEG], 1.1);
  assert.ok(spiked.every((column) => column[1] === 0));
});

test("stretches of an epoch whose samples are drawn are left out", async () => {
  const night = await packet("night"), runs = columnsOf(night, 0, browser.covered(night, { 7: {} }));
  assert.equal(runs.length, 3);
  assert.ok(Math.abs(runs[1].at(-1)[0] - 420) < 1 && Math.abs(runs[2][0][0] - 480) < 1);
});

test("ticks are full clock times within the window, with room between them", async () => {
  const night = await packet("night");  // begins at 23:58:00
  for (const [span, step] of [[[0, 600], 60], [[15, 45], 5], [[100, 103], 1], [[0, 30000], 3600]]) {
    const ticks = browser.ticks(night, span, 900);
    assert.equal(ticks.step, step);
    assert.ok(ticks.seconds.every((tick) => tick >= span[0] && tick <= span[1] && (tick + 86280) % step === 0));
    assert.ok(900 * step / (span[1] - span[0]) >= 64);
  }
});
