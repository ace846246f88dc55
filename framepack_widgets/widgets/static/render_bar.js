// What will come, the Render button and why it does nothing, the settings as Python.
export default {
  render({ model, el }) {
    const id = `fpw-render-${Math.random().toString(36).slice(2)}`;
    let held = false; // a double click is one click
    let timer = 0;
    const plan = make("div", { class: "fpw-plan fpw-wrap", role: "status" });
    const render = make("button", {
      type: "button", class: "fpw-main fpw-render", "aria-describedby": `${id}-why`,
      onclick: () => {
        if (model.get("blocked")) { model.send({ kind: "problem" }); return; }
        if (held || model.get("sending")) return;
        held = true;
        timer = setTimeout(() => { held = false; update(); }, 1200);
        model.send({ kind: "render" });
        update();
      },
    });
    const sweep = make("button", {
      type: "button", textContent: "as a sweep…", title: "Vary some of these settings, look at the plan, render all",
      onclick: () => model.send({ kind: "sweep" }),
    });
    const why = make("button", {
      type: "button", class: "fpw-why fpw-error", title: "Go to this field", id: `${id}-why`,
      onclick: () => model.send({ kind: "problem" }),
    });
    const sent = make("span", { class: "fpw-good fpw-wrap", role: "status" });
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    const code = make("textarea", {
      class: "fpw-code", readOnly: true, rows: 8, spellcheck: false, "aria-label": "These settings as Python",
    });
    const copied = make("span", { role: "status", class: "fpw-quiet" });
    const close = make("button", {
      type: "button", textContent: "hide", onclick: () => { shown.hidden = true; python.focus(); },
    });
    const shown = make("div", { class: "fpw-python" }, code, make("div", { class: "fpw-row" }, close, copied));
    shown.hidden = true;
    const python = make("button", {
      type: "button", textContent: "Copy as Python", title: "Copy the call that renders these settings",
      onclick: copy,
    });

    async function copy() {
      shown.hidden = false;
      code.value = model.get("python");
      try {
        await navigator.clipboard.writeText(code.value);
        copied.textContent = "Copied to the clipboard.";
      } catch { // refused, or no https: the user's own Ctrl-C does it
        code.focus();
        code.select();
        copied.textContent = "The browser does not let us copy: the text is selected, press Ctrl+C (⌘C).";
      }
    }

    function update() {
      const blocked = model.get("blocked");
      const busy = held || model.get("sending");
      plan.textContent = model.get("plan");
      plan.hidden = !model.get("plan");
      sweep.hidden = !model.get("can_sweep");
      render.textContent = model.get("sending") ? "Sending…" : "Render";
      // Not `disabled`: a disabled button cannot be reached by Tab, nor asked what is wrong.
      render.setAttribute("aria-disabled", String(Boolean(blocked) || busy));
      render.title = blocked ? `Not yet. ${blocked}` : "Render a clip with these settings";
      why.textContent = blocked ? `✖ ${blocked}` : "";
      why.hidden = !blocked;
      sent.textContent = model.get("sent");
      trouble.textContent = model.get("trouble") ? `✖ ${model.get("trouble")}` : "";
      if (!shown.hidden && code.value !== model.get("python")) {
        code.value = model.get("python");
        copied.textContent = "";
      }
    }
    el.setAttribute("data-lm-suppress-shortcuts", "true"); // Jupyter's own keys stay out
    el.append(make("div", { class: "fpw-render-bar" },
      plan, make("div", { class: "fpw-row" }, render, sweep, why, sent, python), trouble, shown));
    model.on("change", update);
    update();
    return () => { clearTimeout(timer); model.off("change", update); };
  },
};
