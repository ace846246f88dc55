// Jupyter's command mode must not take the keys pressed inside our widgets ("d d" deletes a cell).
export default {
  render({ el }) {
    el.style.display = "none";
    const root = () => el.closest(".fpw");
    const mark = () => root()?.setAttribute("data-lm-suppress-shortcuts", "true");
    mark();
    requestAnimationFrame(mark); // ipywidgets puts a child's element into its box a little later
  },
};
