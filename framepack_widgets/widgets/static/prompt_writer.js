// The Studio's language models beside the prompt: asked, stopped, and their text put in or taken out.
// flush: sends what was typed last, so that it is what the Studio is asked about.
function promptWriter(model, flush) {
  const ask = (what) => {
    flush();
    model.send({ kind: "writer", what });
  };
  const button = (textContent, what, title) =>
    make("button", { type: "button", textContent, title, "data-what": what, onclick: () => ask(what) });
  const improve = button(
    "Improve", "enhance",
    "The Studio's own language model rewrites the prompt; the times of its parts stay. The first time it may load for minutes.",
  );
  const describe = button("Describe start frame", "describe", "");
  const asking = make("span", { class: "fpw-quiet", textContent: "asking the Studio…" });
  const stop = button("Stop", "stop", "Do not wait for the text any longer");
  const said = make("div", { class: "fpw-quiet fpw-wrap", role: "status" });
  const note = make("div", { class: "fpw-quiet fpw-wrap", role: "status" });
  const text = make("div", { class: "fpw-prompt-suggested fpw-wrap" });
  const swap = button("", "swap", "");
  const dismiss = button("dismiss", "dismiss", "Forget that text");
  const error = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
  const element = make(
    "div", { class: "fpw-prompt-writer" },
    make("div", { class: "fpw-row" }, improve, describe, asking, stop), note, error, said, text,
    make("div", { class: "fpw-row" }, swap, dismiss),
  );

  function draw() {
    const state = model.get("writer") ?? {};
    const had = element.contains(document.activeElement) ? document.activeElement : null;
    const busy = Boolean(state.asking);
    element.hidden = !(state.enhance || state.describe);
    improve.hidden = busy || !state.enhance;
    describe.hidden = busy || !state.describe;
    describe.disabled = Boolean(state.why_not);
    describe.title = state.why_not
      || "The Studio's own model says what the start frame shows, in place of the prompt. The first time it may load for minutes.";
    asking.hidden = stop.hidden = !busy;
    note.textContent = state.note ?? "";
    error.textContent = state.error ?? "";
    said.textContent = state.said ?? "";
    text.textContent = state.held === "answer" ? state.text : "";
    swap.textContent = state.held === "old" ? "back" : "use it";
    swap.title = state.held === "old" ? "Put your prompt back as it was" : "Put the Studio's text in place of the prompt";
    swap.hidden = !state.held;
    dismiss.hidden = !(state.held === "answer" || state.error);
    for (const line of [note, error, said, text]) line.hidden = line.textContent === "";
    // Who pressed a button that is gone now goes on at the one that took its place.
    if (had && (had.hidden || had.disabled)) (busy ? stop : swap.hidden ? improve.hidden ? describe : improve : swap).focus();
  }

  return { element, draw };
}
