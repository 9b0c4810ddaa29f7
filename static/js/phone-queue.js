// Sends what waits, one tab at a time, again and again until the server has answered each log by its
// key. A log leaves the phone by that answer alone: the same key and words sent twice are one row.
(() => {
  "use strict";

  const phone = (window.phone = window.phone || {});
  const AT_ONCE = 20;
  const HEAVY = 3 << 20; // bytes of photos in one sending
  const PATIENCE = 30000;
  const AGAIN = [2000, 4000, 8000, 15000, 30000, 60000];
  const DONE = ["saved", "already", "quarantined", "gone"];

  const cookie = (name) => {
    const kept = document.cookie.match(new RegExp(`(?:^|; )(?:__Host-|__Secure-)?${name}=([^;]+)`));
    return kept ? decodeURIComponent(kept[1]) : "";
  };
  phone.csrf = () => cookie("csrftoken");
  phone.account = () => cookie("account");
  phone.elder = () => cookie("elder") === "1";

  // Answers {status, told}; status 0 where nobody answered in time. ``told`` is JSON or null.
  phone.ask = async (url, options = {}) => {
    const stop = new AbortController();
    const timer = window.setTimeout(() => stop.abort(), PATIENCE);
    try {
      const headers = { Accept: "application/json", "X-Requested-With": "fetch", ...options.headers };
      if (options.method === "POST") headers["X-CSRFToken"] = phone.csrf();
      const answer = await fetch(url, {
        ...options, headers, signal: stop.signal, credentials: "same-origin", cache: "no-store", redirect: "manual",
      });
      const json = (answer.headers.get("Content-Type") || "").includes("json");
      return { status: answer.type === "opaqueredirect" ? 302 : answer.status, told: json ? await answer.json() : null };
    } catch (error) {
      return { status: 0, told: null };
    } finally {
      window.clearTimeout(timer);
    }
  };

  const tab = phone.uuid();
  let timer = 0;
  let failures = 0;
  let running = null;
  let again = false;

  const later = () => {
    window.clearTimeout(timer);
    const wait = AGAIN[Math.min(failures, AGAIN.length - 1)] * (0.8 + Math.random() * 0.4);
    failures += 1;
    timer = window.setTimeout(() => phone.send(), wait);
  };

  // ``phone.state`` is {store, who, token, urls}; ``phone.heard(event, told)`` shows what happened.
  phone.send = () => {
    window.clearTimeout(timer);
    if (running) again = true; // what was added meanwhile goes right after
    else {
      running = alone(upload).catch(() => "later").then((outcome) => {
        running = null;
        if (outcome === "later") later();
        else if (outcome === "done") failures = 0;
        if (again && outcome === "done") {
          again = false;
          return phone.send();
        }
        again = false;
        return outcome;
      });
    }
    return running;
  };
  phone.stopSending = () => window.clearTimeout(timer);

  // Web Locks end with their tab; where there are none, a lease that runs out.
  const alone = async (act) => {
    if (navigator.locks) {
      return navigator.locks.request("phone-upload", { ifAvailable: true }, (lock) => (lock ? act() : "later"));
    }
    const { store } = phone.state;
    if (!(await store.lease(tab))) return "later";
    try {
      return await act();
    } finally {
      await store.release(tab);
    }
  };

  const upload = async () => {
    const { store, who, urls } = phone.state;
    for (;;) {
      const waiting = (await store.list(who)).filter((row) => row.state === "waiting" && row.entry);
      if (!waiting.length) return "done";
      // After an error of the server one by one, the most often tried last: none holds up the others.
      const batch = await batched(waiting, failures > 1 ? 1 : AT_ONCE);
      const answer = await phone.ask(urls.send, {
        method: "POST", body: batch.form, headers: { "X-Phone": phone.state.token || "" },
      });
      if (answer.status === 200 && answer.told) {
        const stuck = await heard(batch.rows, answer.told.answers || []);
        if (stuck) return "later";
        failures = 0;
        continue;
      }
      for (const row of batch.rows) await store.change(row.key, { tries: row.tries + 1 });
      if (answer.status === 401 || answer.status === 302 || answer.status === 403) {
        await phone.heard("login", answer);
        return "login";
      }
      if (answer.status === 409) {
        await phone.heard("strange", answer.told);
        return "strange";
      }
      await phone.heard(answer.status ? "error" : "offline", null);
      return "later";
    }
  };

  const batched = async (waiting, most) => {
    const form = new FormData();
    const rows = [];
    let weight = 0;
    for (const row of waiting.slice(0, most)) {
      const photo = await phone.state.store.photo(row).catch(() => null);
      weight += photo ? photo.size : 0;
      if (rows.length && weight > HEAVY) break;
      if (photo) form.append(`photo-${row.key}`, photo, `${row.entry.on}.jpg`);
      rows.push(row);
    }
    form.append("batch", JSON.stringify({ who: phone.state.who, logs: rows.map((row) => row.entry) }));
    return { form, rows };
  };

  // True where a log of the batch got no final answer.
  const heard = async (rows, answers) => {
    const { store } = phone.state;
    const said = {};
    for (const answer of answers) said[answer.key] = answer;
    let stuck = false;
    for (const row of rows) {
      const answer = said[row.key];
      if (answer && DONE.includes(answer.state)) await store.drop(row.key);
      else if (answer && ["refused", "taken"].includes(answer.state)) {
        await store.change(row.key, { state: answer.state, words: answer.words });
      } else {
        stuck = true;
        await store.change(row.key, { tries: row.tries + 1 });
      }
    }
    await phone.heard("answers", answers);
    return stuck;
  };
})();
