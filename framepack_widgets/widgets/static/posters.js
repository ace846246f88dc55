// Posters of clips: asked for when their tile comes into sight, kept as object URLs (see posters.py).
function posterShelf(model) {
  const urls = new Map(); // job id -> object URL
  const asked = new Set();
  const images = new Map(); // job id -> img that waits or shows
  let soon;
  function ask() {
    soon = undefined;
    const jobs = [...images].filter(([job, image]) => image.dataset.seen && !urls.has(job) && !asked.has(job)).map(([job]) => job);
    for (const job of jobs) asked.add(job);
    if (jobs.length) model.send({ kind: "posters", jobs });
  }
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      if (isIntersecting) target.dataset.seen = "yes";
      else delete target.dataset.seen;
    }
    soon ??= setTimeout(ask, 80);
  }, { rootMargin: "150px" });
  function onMessage(message, buffers) {
    if (message.kind !== "poster") return;
    asked.delete(message.job);
    const image = images.get(message.job);
    if (message.error) {
      if (image) image.alt = message.error;
      asked.add(message.job);
    } else if (!urls.has(message.job)) {
      urls.set(message.job, URL.createObjectURL(new Blob([buffers[0]], { type: "image/jpeg" })));
      if (image) image.src = urls.get(message.job);
    }
  }
  model.on("msg:custom", onMessage);
  return {
    show(job, image) {
      images.set(job, image);
      if (urls.has(job)) image.src = urls.get(job);
      else observer.observe(image);
    },
    keepOnly(jobs) {
      for (const [job, image] of images) {
        if (jobs.has(job)) continue;
        observer.unobserve(image);
        images.delete(job);
        asked.delete(job);
        if (urls.size > 300 && urls.has(job)) {
          URL.revokeObjectURL(urls.get(job));
          urls.delete(job);
        }
      }
    },
    end() {
      clearTimeout(soon);
      observer.disconnect();
      model.off("msg:custom", onMessage);
      for (const url of urls.values()) URL.revokeObjectURL(url);
    },
  };
}
