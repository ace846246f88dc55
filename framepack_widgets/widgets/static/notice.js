const REMEMBERED = "framepack-widgets:notify";
const BADGE = /^[✔✘] \(\d+\) /;
const remember = {
  get() { try { return localStorage.getItem(REMEMBERED) === "yes"; } catch { return false; } },
  set(value) { try { localStorage.setItem(REMEMBERED, value ? "yes" : "no"); } catch { /* private window: until it closes */ } },
};

// One badge for the whole page, however many Apps it shows.
function badge() {
  const home = Symbol.for("framepack-widgets:badge");
  if (window[home]) return window[home];
  let count = 0;
  let mark = "✔";
  const told = new Set();
  const apply = () => {
    const bare = document.title.replace(BADGE, "");
    const wanted = count ? `${mark} (${count}) ${bare}` : bare;
    if (document.title !== wanted) document.title = wanted;
  };
  let observer; // the notebook writes its own title now and then
  const away = () => document.visibilityState !== "visible" || !document.hasFocus();
  const reset = () => {
    if (!count || away()) return;
    clear();
  };
  function clear() {
    count = 0;
    observer?.disconnect();
    observer = undefined;
    apply();
  }
  window[home] = {
    users: 0,
    isNew(job) { return !told.has(job) && told.add(job) && true; },
    away,
    add(good) {
      count += 1;
      mark = good ? "✔" : "✘";
      apply();
      const title = document.querySelector("title");
      if (!observer && title) {
        observer = new MutationObserver(apply);
        observer.observe(title, { childList: true, characterData: true, subtree: true });
      }
    },
    enter() {
      this.users += 1;
      if (this.users > 1) return;
      window.addEventListener("focus", reset);
      document.addEventListener("visibilitychange", reset);
    },
    leave() {
      this.users -= 1;
      if (this.users) return;
      window.removeEventListener("focus", reset);
      document.removeEventListener("visibilitychange", reset);
      clear();
    },
  };
  return window[home];
}

export default {
  render({ model, el }) {
    el.classList.add("fpw", "fpw-notice");
    const shared = badge();
    shared.enter();
    const possible = "Notification" in window;
    let wanted = remember.get() && possible && Notification.permission === "granted";
    const box = make("button", { type: "button", role: "switch", title: "A desktop notification when a job is over while you look elsewhere" });
    const said = make("span", { class: "fpw-quiet fpw-wrap", role: "status" });
    el.append(box, said);
    function draw() {
      box.setAttribute("aria-checked", String(wanted));
      box.textContent = wanted ? "notify me when done: on" : "notify me when done: off";
    }
    box.addEventListener("click", async () => {
      said.textContent = "";
      if (wanted) wanted = false;
      else if (!possible) said.textContent = "This page cannot show desktop notifications; the page's title will say it.";
      else {
        const answer = Notification.permission === "default" ? await Notification.requestPermission() : Notification.permission;
        wanted = answer === "granted";
        if (!wanted) said.textContent = "The browser refuses notifications for this page: allow them in its site settings. The page's title will say it.";
      }
      remember.set(wanted);
      draw();
    });
    function onMessage(message) {
      if (message.kind !== "over" || !shared.isNew(message.job)) return;
      if (!shared.away()) return;
      shared.add(message.good);
      if (!wanted) return;
      try {
        new Notification(message.title, { body: message.text, tag: message.job });
      } catch {
        said.textContent = "This browser shows no notifications from a page; the page's title says it.";
      }
    }
    model.on("msg:custom", onMessage);
    draw();
    return () => {
      model.off("msg:custom", onMessage);
      shared.leave();
    };
  },
};
