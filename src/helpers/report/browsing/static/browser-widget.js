/* The subject browser in JupyterLab: packets from the kernel, its state in the widget's traits (report/browsing/lab_widget.py),
   which puts the other scripts before this one and takes the whole as a module. */
const NAMES = ["subject", "night", "fold", "rule", "average", "filter", "bands", "window", "epoch"];

function render({ model, el }) {
  const asked = {};
  let own = null, telling = false, changes = {};

  function answered(message, buffers) {
    const waiting = asked[message.name];
    if (!waiting) { return; }
    delete asked[message.name];
    if (message.error) { waiting.reject(new Error(message.error)); return; }
    const part = buffers[0];
    waiting.resolve(new Uint8Array(part.buffer || part, part.byteOffset || 0, part.byteLength));
  }

  function write(state) {
    telling = true;
    NAMES.forEach((name) => model.set(name, state[name] === undefined ? null : state[name]));
    model.save_changes();
    telling = false;
  }

  function take(name) {
    if (telling) { return; }
    changes[name] = model.get(name);
    Promise.resolve().then(flush);
  }

  function flush() {
    if (!own || !Object.keys(changes).length) { return; }
    const wanted = changes;
    changes = {};
    own.set(wanted).then(() => write(own.state())).catch(() => {});
  }

  model.on("msg:custom", answered);
  const takers = NAMES.map((name) => [name, () => take(name)]);
  takers.forEach(([name, taker]) => model.on("change:" + name, taker));
  const source = SleepBrowser.remembered((name) => new Promise((resolve, reject) => {
    asked[name] = { resolve, reject };
    model.send({ ask: name });
  }).then(SleepBrowser.unpack));
  const state = Object.fromEntries(NAMES.map((name) => [name, model.get(name)]).filter(([, value]) => value !== null));
  SleepBrowser.mount(el, source, { state, changed: write }).then((browser) => {
    own = browser;
    if (Object.keys(changes).length) { flush(); } else if (own.night) { write(own.state()); }
    el.dataset.ready = "yes";
  });
  return () => {
    model.off("msg:custom", answered);
    takers.forEach(([name, taker]) => model.off("change:" + name, taker));
  };
}

export default { render };
