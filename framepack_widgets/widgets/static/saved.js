// The invisible child of a box that hides the box's saved output.
export default {
  render({ model, el }) {
    el.style.display = "none";
    return hideBelowWhileLive(model, el).end;
  },
};
