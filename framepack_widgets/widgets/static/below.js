// Hides the saved output (plain HTML, for notebooks without a kernel) that follows a live widget.
// A rule instead of a style on the element: Jupyter draws outputs again whenever it likes, and the
// HTML may come after the widget. Several views may hide the same one.
const hiddenBelow = (globalThis[Symbol.for("framepack-widgets.below")] ??= new Map());

// Returns the function that shows it again.
function hideBelow(name) {
  if (!/^fpw-saved-[\w-]+$/.test(name)) return () => {};
  const entry = hiddenBelow.get(name) ?? { users: 0, style: make("style") };
  if (entry.users++ === 0) {
    entry.style.textContent = `.${name} { display: none; }\n`;
    // In rules of their own: a browser that does not know :has would drop the one above, too.
    const cell = `.jp-OutputArea-child:has(> .jp-OutputArea-output .${name})`;
    entry.style.append(`${cell} { display: none; }`);
    document.head.append(entry.style);
    hiddenBelow.set(name, entry);
  }
  let done = false;
  return () => {
    if (done) return;
    done = true;
    if (--entry.users > 0) return;
    entry.style.remove();
    hiddenBelow.delete(name);
  };
}

// Whether no kernel holds the widget: its state came from a saved notebook.
function isDisconnected(el) {
  return el.closest(".jupyter-widgets-disconnected") !== null;
}

// Hides it while `el` belongs to a kernel, or shows all that there is by itself: enough().
// Returns {update(): look again, end(): show the saved output again}.
function hideBelowWhileLive(model, el, enough = () => false) {
  let show = () => {};
  const update = () => {
    const before = show;
    show = isDisconnected(el) && !enough() ? () => {} : hideBelow(model.get("saved"));
    before(); // after the new one: nothing flickers
  };
  const watcher = new MutationObserver(update);
  watcher.observe(el, { attributes: true, attributeFilter: ["class"] });
  model.on("change:saved", update);
  update();
  const end = () => {
    watcher.disconnect();
    model.off("change:saved", update);
    show();
  };
  return { update, end };
}
