// The runs of sweeps of a Studio: which one is shown; those not wanted any more are deleted.
export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-runs");
    const endPresence = tellPresence(model, el);
    let asked = ""; // the run whose deletion waits for a yes
    const select = make("select", { title: "Which run is shown below", onchange: () => {
      model.set("chosen", select.value);
      model.save_changes();
    } });
    const label = make("label", {}, make("span", {}, "run"), select);
    const remove = make("button", { type: "button", title: "Take this run off the list; its clips stay in the Library", onclick: () => {
      asked = model.get("chosen");
      draw();
      keep.focus();
    } }, "delete run…");
    const question = make("span", { class: "fpw-wrap" });
    const yes = make("button", { type: "button", onclick: () => {
      model.send({ kind: "delete", run: asked });
      end();
    } }, "delete it");
    const keep = make("button", { type: "button", onclick: end }, "keep it");
    const sure = make("div", { class: "fpw-row", role: "alertdialog", "aria-label": "Delete the run?", onkeydown: (event) => {
      if (event.key === "Escape") end();
    } }, question, yes, keep);
    const none = make("p", { class: "fpw-quiet" }, "No sweep was run on this Studio yet. Add an axis above, write its values, look at the plan, press Run.");
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    el.append(make("div", { class: "fpw-row" }, label, remove), sure, none, trouble);
    function end() {
      asked = "";
      draw();
      (remove.hidden ? select : remove).focus();
    }
    function draw() {
      const runs = model.get("runs");
      runs.forEach(([id, text], number) => {
        const option = select.options[number] ?? select.appendChild(make("option", {}));
        if (option.value !== id) option.value = id;
        if (option.textContent !== text) option.textContent = text;
      });
      while (select.options.length > runs.length) select.remove(runs.length);
      select.value = model.get("chosen");
      label.hidden = !runs.length;
      none.hidden = runs.length > 0;
      const about = runs.find(([id]) => id === asked);
      if (!about || asked !== model.get("chosen")) asked = ""; // another one is shown by now
      sure.hidden = !asked;
      remove.hidden = !runs.length || Boolean(asked);
      if (asked) question.textContent = `Delete the run ${about[1]}? Its clips stay in the Library.`;
      trouble.textContent = model.get("trouble") ? `✖ ${model.get("trouble")}` : "";
    }
    model.on("change", draw);
    draw();
    return () => {
      model.off("change", draw);
      endPresence();
    };
  },
};
