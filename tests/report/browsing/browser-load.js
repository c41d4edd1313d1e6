// The browser's scripts that draw nothing, as Node runs them, with packets and expectations that test_scripts.py has written.
"use strict";
const fs = require("node:fs"), path = require("node:path"), vm = require("node:vm");
const [scripts, made] = [process.env.BROWSER_SCRIPTS.split(path.delimiter), process.env.BROWSER_MADE];

for (const script of scripts) { vm.runInThisContext(fs.readFileSync(script, "utf8"), { filename: script }); }
const browser = globalThis.SleepBrowser;

exports.browser = browser;
exports.expected = JSON.parse(fs.readFileSync(path.join(made, "expected.json"), "utf8"));
exports.packet = (name) => browser.unpack(fs.readFileSync(path.join(made, name + ".packet")));

/* Numbers that are alike to within a rounding; null stands for what is no number. */
exports.near = function (found, wanted, within) {
  const assert = require("node:assert/strict");
  assert.equal(found.length, wanted.length);
  wanted.forEach((value, at) => {
    if (value === null) { assert.ok(!Number.isFinite(found[at]), `number ${at} is ${found[at]}, not missing`); }
    else { assert.ok(Math.abs(found[at] - value) <= (within || 1e-6), `number ${at} is ${found[at]}, not ${value}`); }
  });
};
