// Jupyter's command mode must not take the keys pressed inside our widgets ("d d" deletes a cell).
export default {
  render({ el }) {
    el.style.display = "none";
    const suppress = (element) => element.setAttribute("data-lm-suppress-shortcuts", "true");
    // Its shortcuts match the focused element itself, before they look at the boxes around it.
    const onFocus = (event) => suppress(event.target);
    let root = null;
    let timer = 0;
    // ipywidgets puts a child's element into its box later: once all views of the box are made.
    const look = (tries) => {
      root = el.closest(".fpw");
      if (root) {
        suppress(root);
        root.addEventListener("focusin", onFocus);
      } else if (tries > 0) timer = setTimeout(look, 50, tries - 1);
    };
    look(200);
    return () => {
      clearTimeout(timer);
      root?.removeEventListener("focusin", onFocus);
    };
  },
};
