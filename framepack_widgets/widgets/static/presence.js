// Tells the kernel whether this view is in sight (see presence.py), so that it asks for little otherwise.
function tellPresence(model, element) {
  const view = Math.random().toString(36).slice(2);
  let inView = false;
  let told = null;
  const tell = () => model.send({ kind: "here", view, seen: told });
  const look = () => {
    const seen = inView && document.visibilityState === "visible";
    if (seen === told) return;
    told = seen;
    tell();
  };
  const beat = setInterval(tell, 60000); // a page that falls silent is gone
  const observer = new IntersectionObserver((entries) => {
    inView = entries[entries.length - 1].isIntersecting;
    look();
  });
  observer.observe(element);
  document.addEventListener("visibilitychange", look);
  return () => {
    clearInterval(beat);
    observer.disconnect();
    document.removeEventListener("visibilitychange", look);
    sendLast(model, { kind: "here", view, seen: null });
  };
}

// A view that goes may do so because its kernel did.
function sendLast(model, message) {
  try {
    model.send(message);
  } catch {
    // nobody is left to hear it
  }
}
