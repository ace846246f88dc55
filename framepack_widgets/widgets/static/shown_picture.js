// The picture that the kernel sent last, in every view of a widget (see widgets/picture.py).
function pictures(model) {
  let url = null;
  let version = -1;
  const views = new Set();
  model.on("msg:custom", (message, buffers) => {
    if (message.kind !== "picture" || !buffers?.length) return;
    if (url) URL.revokeObjectURL(url);
    url = URL.createObjectURL(new Blob([buffers[0]], { type: "image/jpeg" }));
    version = message.version;
    for (const draw of views) draw();
  });
  const draw = () => { for (const one of views) one(); };
  model.on("change:version", draw);
  model.on("change:alt", draw);
  return {
    // Keeps `image` up to date; returns the function that stops it.
    show(image, changed = () => {}) {
      const one = () => {
        const fits = url !== null && version === model.get("version");
        image.hidden = !fits;
        image.alt = model.get("alt");
        if (fits && image.src !== url) image.src = url;
        if (!fits) image.removeAttribute("src");
        changed(fits);
      };
      views.add(one);
      one();
      if (version !== model.get("version")) model.send({ kind: "ask" });
      return () => views.delete(one);
    },
    end() {
      if (url) URL.revokeObjectURL(url);
      url = null;
    },
  };
}
