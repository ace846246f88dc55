// The runs of sweeps of a Studio: which one is shown.
export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-runs");
    const endPresence = tellPresence(model, el);
    const select = make("select", { title: "Which run is shown below", onchange: () => {
      model.set("chosen", select.value);
      model.save_changes();
    } });
    const label = make("label", {}, make("span", {}, "run"), select);
    const none = make("p", { class: "fpw-quiet" }, "No sweep was run on this Studio yet. Add an axis above, write its values, look at the plan, press Run.");
    const trouble = make("div", { class: "fpw-error fpw-wrap", role: "alert" });
    el.append(label, none, trouble);
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
      label.style.display = runs.length ? "" : "none";
      none.hidden = runs.length > 0;
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
