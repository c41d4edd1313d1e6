/* The subject browser's data: packets (report/browsing/packets.py) become objects with typed arrays. On a published page a
   packet is a script that calls SleepBrowser.file(name, base64), because browsers refuse fetch() on file://; in JupyterLab
   the kernel sends the same bytes. A classic script: browsers refuse modules on file://, too. */
var SleepBrowser = globalThis.SleepBrowser || (globalThis.SleepBrowser = {});
(function (browser) {
  "use strict";

  var TYPES = { i1: Int8Array, u1: Uint8Array, u2: Uint16Array, i4: Int32Array, f4: Float32Array };

  /* Bytes of a packet → promise of its header with `arrays`, each a typed array with its `shape`. */
  browser.unpack = function (bytes) {
    var inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(inflated).arrayBuffer().then(function (buffer) {
      var length = new DataView(buffer).getUint32(0, true);
      var packet = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
      var at = 4 + Math.ceil(length / 4) * 4;
      Object.keys(packet.arrays).forEach(function (name) {
        var type = TYPES[packet.arrays[name][0]];
        var shape = packet.arrays[name][1];
        var size = shape.reduce(function (product, one) { return product * one; }, 1);
        var array = new type(buffer, at, size);
        array.shape = shape;
        packet.arrays[name] = array;
        at += Math.ceil(size * type.BYTES_PER_ELEMENT / 4) * 4;
      });
      return packet;
    });
  };

  var WAY_OUT = "load this page again, or build the book again";
  var waiting = {};

  /* What each file of a published page calls. */
  browser.file = function (name, base64) {
    if (waiting[name]) { waiting[name](base64); }
  };

  function decoded(base64) {
    var text = atob(base64), bytes = new Uint8Array(text.length);
    for (var at = 0; at < text.length; at++) { bytes[at] = text.charCodeAt(at); }
    return bytes;
  }

  /* Promise of what the script at `address` hands to `browser.file` under a name. */
  function called(address, name) {
    return new Promise(function (resolve, reject) {
      var script = document.createElement("script");
      waiting[name] = resolve;
      script.src = address;
      function end(what) {
        script.remove();
        delete waiting[name];
        reject(new Error("the file " + script.src + " " + what));  // in vain where the script has called
      }
      script.onload = function () { end("is empty or cut short: " + WAY_OUT); };
      script.onerror = function () { end("is not there"); };
      document.head.appendChild(script);
    });
  }

  /* A function name → promise of a packet, from files beside the page. */
  browser.files = function (folder) {
    return browser.remembered(function (name) {
      var address = folder + "/" + name + ".js";
      return called(address, name).then(function (base64) {
        return Promise.resolve(base64).then(decoded).then(browser.unpack).catch(function () {
          throw new Error("the file " + address + " is damaged: " + WAY_OUT);
        });
      });
    });
  };

  /* The same function, asking once: what was loaded stays, what failed is asked for again. */
  browser.remembered = function (ask) {
    var known = {};
    return function (name) {
      if (!known[name]) {
        known[name] = ask(name);
        known[name].catch(function () { delete known[name]; });
      }
      return known[name];
    };
  };
})(SleepBrowser);
