const WHAT = [
  "Closing this page or the browser changes nothing: the kernel goes on rendering.",
  "When the kernel ends, the job that the Studio renders goes on there, and its clip is fetched at the next connect. Jobs that wait stay in the Library until then.",
];
const OFFER = "A process of its own can take over when the kernel ends, and render what waits. It ends by itself when nothing is left to do.";

export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-keep");
    const start = make("button", { type: "button", onclick: () => model.send({ kind: "start" }) }, "keep going without this notebook");
    const end = make("button", { type: "button", onclick: () => model.send({ kind: "end" }) }, "end that process");
    const state = make("div", { class: "fpw-good fpw-wrap", role: "status" });
    const why = make("p", { class: "fpw-wrap" });
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    const details = make("details", {}, make("summary", {}, "without this notebook"), ...WHAT.map((text) => make("p", {}, text)),
      why, make("div", { class: "fpw-row" }, start, end), state, trouble);
    details.addEventListener("toggle", () => {
      if (details.open) model.send({ kind: "look" });
    });
    el.append(details);
    function draw() {
      const running = model.get("running");
      const busy = model.get("busy");
      why.textContent = model.get("impossible") || OFFER;
      start.hidden = Boolean(model.get("impossible") || running);
      end.hidden = !running;
      start.disabled = end.disabled = Boolean(busy);
      state.textContent = busy || running;
      trouble.textContent = model.get("trouble");
      if (trouble.textContent) details.open = true;
    }
    const traits = ["impossible", "running", "busy", "trouble"].map((name) => `change:${name}`);
    for (const name of traits) model.on(name, draw);
    draw();
    return () => { for (const name of traits) model.off(name, draw); };
  },
};
