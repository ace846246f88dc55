export default () => {
  let shown;
  return {
    initialize({ model }) {
      shown = pictures(model);
      return () => shown.end();
    },
    render({ model, el }) {
      const image = make("img", { class: "fpw-picture-image", draggable: false });
      const slider = make("input", {
        type: "range", min: 0, step: 1, class: "fpw-scrubber", title: "Frame, counted from 0",
        "aria-label": "Frame, counted from 0",
        oninput() {
          model.set("frame", slider.valueAsNumber);
          model.save_changes();
        },
      });
      el.append(image, slider);
      const draw = () => {
        slider.hidden = model.get("last") === 0;
        slider.max = model.get("last");
        // While somebody drags, what comes back from the kernel is older than the hand.
        if (!slider.matches(":active")) slider.value = model.get("frame");
      };
      const traits = ["change:frame", "change:last"];
      for (const trait of traits) model.on(trait, draw);
      draw();
      const end = shown.show(image);
      return () => {
        end();
        for (const trait of traits) model.off(trait, draw);
      };
    },
  };
};
