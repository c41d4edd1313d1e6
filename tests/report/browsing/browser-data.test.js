// Packets as browser-data.js unpacks them, against what Python put in.
"use strict";
const test = require("node:test"), assert = require("node:assert/strict");
const { expected, packet } = require("./browser-load.js");

const TYPES = { i1: Int8Array, u1: Uint8Array, u2: Uint16Array, i4: Int32Array, f4: Float32Array };

for (const name of ["types", "index", "night", "epoch"]) {
  test(`each array of the packet ${name} has the type, the shape and the values that went in`, async () => {
    const unpacked = await packet(name), wanted = expected.packets[name];
    assert.deepEqual(Object.keys(unpacked.arrays), Object.keys(wanted));
    for (const [key, [type, shape, values]] of Object.entries(wanted)) {
      const array = unpacked.arrays[key];
      assert.ok(array instanceof TYPES[type], key);
      assert.deepEqual(array.shape, shape, key);
      assert.deepEqual(Array.from(array, (value) => (Number.isFinite(value) ? value : String(value))), values, key);
    }
  });
}

test("text of any script comes through", async () => {
  assert.equal((await packet("types")).name, "Nächte </script> 夜");
});
