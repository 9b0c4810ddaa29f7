// The phone's page: her pairs, a log in a few taps, what waits, and when the phone forgets.
(() => {
  "use strict";

  const phone = (window.phone = window.phone || {});
  const HOUR = 3600000;
  const SIGNS = { met: "✓", open: "○", late: "！" };
  const STANDING = { met: "已完成", open: "未完成", late: "已逾期" };
  const WAYS = { contact: "phone", family_call: "phone" };
  const UNSEALED = "这个浏览器不能加密保存：记录只留到关闭本页为止，请有网时上传。建议改用手机自带的浏览器，以 https 打开。";
  const at = (id) => document.getElementById(id);
  const urls = document.body.dataset;
  const state = (phone.state = { store: null, who: "", token: "", urls, told: null, skew: null, locked: false });

  // -- Words ----------------------------------------------------------------------------------------
  const made = (tag, words, look) => {
    const element = document.createElement(tag);
    if (words) element.textContent = words;
    if (look) element.className = look;
    return element;
  };
  const button = (words, act, look) => {
    const element = made("button", words, look);
    element.type = "button";
    element.addEventListener("click", act);
    return element;
  };
  // One note of a name at a time; no words take it away.
  const say = (name, words, tone = "", ...acts) => {
    const old = document.querySelector(`[data-note="${name}"]`);
    if (old) old.remove();
    if (!words) return;
    const note = made("p", words, `m-note ${tone}`);
    note.dataset.note = name;
    note.append(...acts);
    at("notes").append(note);
  };
  const link = (words, href) => {
    const anchor = made("a", words);
    anchor.href = href;
    return anchor;
  };
  const ask = (words, answers) =>
    new Promise((resolve) => {
      const box = at("ask");
      if (typeof box.showModal !== "function") {
        resolve(window.confirm(words) ? answers[0][0] : "");
        return;
      }
      at("ask-words").textContent = words;
      at("ask-acts").textContent = "";
      for (const [answer, label, look] of answers) {
        at("ask-acts").append(button(label, () => box.close(answer), look || "m-plain"));
      }
      box.onclose = () => resolve(box.returnValue);
      box.returnValue = "";
      box.showModal();
    });

  // -- The day, by the server's clock where it is known ---------------------------------------------
  const today = () => new Date(Date.now() + (state.skew || 0) + 8 * HOUR).toISOString().slice(0, 10);

  // -- Pairs ------------------------------------------------------------------------------------------
  const pairOf = (uuid) => ((state.told && state.told.pairs) || []).find((pair) => pair.uuid === uuid);
  const nameOf = (uuid) => (pairOf(uuid) || { name: "现在不由您联系的对子" }).name;
  const drawPairs = (waiting) => {
    const list = at("pairs");
    list.textContent = "";
    const pairs = state.told ? state.told.pairs : [];
    if (!pairs.length) {
      const why = state.told ? "您现在没有要联系的对子。" : "联网登录后显示您的对子。";
      list.append(made("li", why, "m-card m-quiet"));
    }
    for (const pair of pairs) {
      const card = at("card").content.cloneNode(true);
      card.querySelector("h2").textContent = pair.name;
      const held = waiting.filter((row) => row.entry && row.entry.pair === pair.uuid).length;
      card.querySelector("p").textContent = held ? `${pair.kind} · 本机待上传 ${held} 条` : pair.kind;
      for (const ribbon of pair.ribbons) {
        const line = made("li", "", `m-${ribbon.state}`);
        const sign = made("span", SIGNS[ribbon.state] || "");
        sign.setAttribute("aria-hidden", "true");
        line.append(`${ribbon.name} `, sign);
        line.setAttribute("aria-label", `${ribbon.name}：${STANDING[ribbon.state] || ""}`);
        line.setAttribute("role", "listitem");
        card.querySelector("ul").append(line);
      }
      const [call, log] = [card.querySelector(".m-call"), card.querySelector(".m-log")];
      call.setAttribute("aria-label", `打电话：${pair.name}`);
      log.setAttribute("aria-label", `记一笔：${pair.name}`);
      call.addEventListener("click", () => ring(pair, call));
      log.addEventListener("click", () => openLog(pair.uuid));
      list.append(card);
    }
  };

  const ring = async (pair, pressed) => {
    pressed.disabled = true;
    const answer = await phone.ask(`${urls.pairs}${pair.uuid}/number/`, { method: "POST" });
    pressed.disabled = false;
    if (answer.status === 200 && answer.told) {
      const dial = `tel:${answer.told.number.replace(/[^\d+]/g, "")}`;
      say("call", `打给${answer.told.whom} `, "m-ok", link("拨号", dial));
      window.setTimeout(() => say("call", ""), 60000); // shown for a minute, kept nowhere
      window.location.href = dial;
    } else if (!answer.status) say("call", "没有网络：号码不存在手机里，联网后才能拨打。", "m-late");
    else if (answer.status === 422) say("call", answer.told.words, "m-late");
    else await refused(answer);
  };

  // -- What waits -------------------------------------------------------------------------------------
  const redraw = async () => {
    const rows = state.locked || !state.who ? [] : await state.store.list(state.who);
    drawPairs(rows);
    const own = await unsent();
    at("count").textContent = String(own);
    at("waiting").classList.toggle("m-some", own > 0);
    try {
      localStorage.setItem("phone-unsent", String(own)); // a number, for the question before log-out
    } catch (error) {
      // storage refused: the pages of the portal cannot ask
    }
    const others = await state.store.count((who) => who !== state.who);
    say("others", others ? `本机还有另一账号未上传的 ${others} 条记录，由本人登录后上传。` : "");
    const list = at("queued");
    list.textContent = "";
    for (const row of rows) list.append(drawRow(row));
    if (!rows.length) at("queue").hidden = true;
    at("waiting").setAttribute("aria-expanded", String(!at("queue").hidden));
  };
  const unsent = () => (state.who ? state.store.count((who) => who === state.who) : Promise.resolve(0));
  const kindName = (code) => ((state.told && state.told.kinds[code]) || { name: code }).name;

  const drawRow = (row) => {
    const line = made("li");
    if (!row.entry) {
      line.append(made("strong", "这条记录在本机已无法读取"));
      return line;
    }
    line.append(made("strong", nameOf(row.entry.pair)));
    line.append(made("p", `${row.entry.on} ${kindName(row.entry.kind)} ${row.entry.summary}`, "m-quiet"));
    if (row.words) line.append(made("p", row.words, "m-late"));
    const acts = made("div", "", "m-row");
    if (row.state === "refused") acts.append(button("改正", () => openLog(row.entry.pair, row), "m-do"));
    if (row.state !== "waiting") acts.append(button("删除", () => discard(row), "m-plain"));
    if (acts.children.length) line.append(acts);
    return line;
  };
  const discard = async (row) => {
    const sure = await ask("这条记录没有上传成功，删除后不能恢复。", [["yes", "删除", "m-do"], ["", "返回"]]);
    if (sure !== "yes") return;
    await state.store.drop(row.key);
    await redraw();
  };

  const exported = async () => {
    const rows = await state.store.list(state.who);
    const lines = ["未上传的联系记录", `导出时间：${today()}`, ""];
    for (const row of rows.filter((one) => one.entry)) {
      const e = row.entry;
      const ways = (state.told && state.told.ways) || {};
      lines.push(
        `对子：${nameOf(e.pair)}`, `日期：${e.on}`, `类别：${kindName(e.kind)}`, `方式：${ways[e.way] || e.way || "—"}`,
        `内容：${e.summary || "—"}`, `折合（元）：${e.value || "—"}`, `受益（人）：${e.beneficiaries || "—"}`,
        `照片：${row.photo ? "有，不在本文件中" : "无"}`, `编号：${e.key}`, ""
      );
    }
    const file = made("a");
    file.href = URL.createObjectURL(new Blob(["\ufeff", lines.join("\r\n")], { type: "text/plain" }));
    file.download = `未上传记录-${today()}.txt`;
    document.body.append(file);
    file.click();
    file.remove();
    window.setTimeout(() => URL.revokeObjectURL(file.href), 10000);
    at("main").focus();
  };

  // -- A log --------------------------------------------------------------------------------------------
  let open = null; // {pair, key, row}
  let photo = null;
  const chips = (box, name, choices, chosen) => {
    box.textContent = "";
    for (const [code, words] of choices) {
      const label = made("label");
      const input = made("input");
      Object.assign(input, { type: "radio", name, value: code, checked: code === chosen });
      label.append(input, made("span", words));
      box.append(label);
    }
  };
  const chosen = (name) => {
    const input = at("log").querySelector(`input[name="${name}"]:checked`);
    return input ? input.value : "";
  };
  const fitKind = () => {
    const kind = state.told.kinds[chosen("kind")] || { directed: false, asks: [] };
    at("directions-box").hidden = !kind.directed;
    for (const name of ["value", "beneficiaries"]) at(`${name}-box`).hidden = !kind.asks.includes(name);
  };
  const setPhoto = (blob) => {
    photo = blob;
    at("photo-said").textContent = blob ? `已选 ${Math.ceil(blob.size / 1024)} KB` : "可不拍";
  };

  const openLog = async (uuid, row) => {
    const pair = pairOf(uuid);
    if (!pair || !state.told) {
      say("log", "这个对子现在不由您联系，不能改正；可导出后交所在妇联。", "m-late");
      return;
    }
    // Gone back to the list and come again: what was typed is still there.
    if (!open || open.pair !== uuid || open.row || row) {
      open = { pair: uuid, key: row ? row.key : phone.uuid(), row };
      const entry = row ? row.entry : { kind: pair.due, way: WAYS[pair.due] || "visit", direction: "to_recipient" };
      chips(at("kinds"), "kind", pair.kinds.map((code) => [code, kindName(code)]), entry.kind);
      chips(at("ways"), "way", Object.entries(state.told.ways), entry.way);
      chips(at("directions"), "direction", Object.entries(state.told.directions), entry.direction || "to_recipient");
      at("on").value = entry.on || today();
      for (const name of ["summary", "value", "beneficiaries"]) at(name).value = entry[name] || "";
      setPhoto(row ? await state.store.photo(row).catch(() => null) : null);
      at("log-error").textContent = row ? row.words : "";
    }
    at("on").max = state.skew === null ? "" : today();
    at("photo-box").hidden = !state.store.sealed;
    at("log-title").textContent = pair.name;
    fitKind();
    show("log");
    window.history.pushState({ log: true }, "");
    at("log-title").focus();
  };
  const show = (part) => {
    at("log").hidden = part !== "log";
    at("home").hidden = part === "log";
    if (part === "log") at("queue").hidden = true;
    window.scrollTo(0, 0);
  };
  const close = () => {
    if (at("log").hidden) return;
    if (window.history.state && window.history.state.log) window.history.back();
    else show("home");
  };

  const save = async (event) => {
    event.preventDefault();
    const pressed = at("save");
    if (!open || pressed.disabled) return;
    pressed.disabled = true;
    const kind = state.told.kinds[chosen("kind")] || { directed: false, asks: [] };
    const entry = {
      key: open.key, pair: open.pair, kind: chosen("kind"), on: at("on").value, way: chosen("way"),
      direction: kind.directed ? chosen("direction") : "",
      summary: at("summary").value.trim(),
      value: kind.asks.includes("value") ? at("value").value.trim() : "",
      beneficiaries: kind.asks.includes("beneficiaries") ? at("beneficiaries").value.trim() : "",
      device_at: new Date().toISOString(),
    };
    try {
      await state.store.add(state.who, entry, photo);
    } catch (error) {
      at("log-error").textContent = "手机没有存下（可能空间不足），内容还在本页。请清出空间后再点“保存”。";
      pressed.disabled = false;
      return;
    }
    open = null;
    photo = null;
    pressed.disabled = false;
    say("saved", "已存在本机，正在上传…");
    close();
    await redraw();
    await phone.send();
  };

  // At most 1280 pixels and a few hundred KB: a village's signal carries that.
  const reduce = async (file) => {
    let image;
    if (window.createImageBitmap) image = await createImageBitmap(file);
    else {
      image = new Image();
      image.src = URL.createObjectURL(file);
      await new Promise((yes, no) => { image.onload = yes; image.onerror = no; });
    }
    const scale = Math.min(1, 1280 / Math.max(image.width, image.height));
    const canvas = made("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.72));
  };

  // -- What the server says ---------------------------------------------------------------------------
  const login = () => link("登录", urls.login);
  phone.heard = async (event, told) => {
    if (event === "answers") {
      const count = (name) => told.filter((answer) => answer.state === name).length;
      const saved = count("saved") + count("already");
      say("saved", saved ? `已上传 ${saved} 条。` : "", "m-ok");
      for (const name of ["quarantined", "gone"]) {
        const first = told.find((answer) => answer.state === name);
        if (first) say(name, `${count(name)} 条：${first.words}`, "m-late");
      }
      const bad = count("refused") + count("taken");
      if (bad) say("refused", `${bad} 条没有收下，请点“待上传”查看原因并改正。`, "m-late");
      say("net", "");
      say("login", "");
      await redraw();
      if (saved) await refresh();
    } else if (event === "login") await refused(told);
    else if (event === "strange") say("strange", told ? told.words : "", "m-late");
    else if (event === "error") say("net", "服务器暂时不能处理，记录都在手机里，会自动再传。", "m-late");
    else {
      say("saved", "");
      say("net", "没有网络。可以照常登记，联网后自动上传。");
    }
  };

  // 401, 403 or sent elsewhere: logged out, disabled, something owed first, or her seat has ended.
  const refused = async (answer) => {
    say("saved", "");
    if (answer.status === 401) {
      if (answer.told && answer.told.disabled) await lock(answer.told.words);
      else say("login", "登录已过期，记录都还在手机里，登录后自动上传。", "m-late", login());
      return;
    }
    const asked = await phone.ask(urls.session);
    if (asked.status === 401) say("login", "登录已过期，记录都还在手机里，登录后自动上传。", "m-late", login());
    else if (asked.status === 403 && asked.told) say("login", `${asked.told.words}，记录都还在手机里。`, "m-late", link("去办理", asked.told.url));
    else if (asked.status === 204 && !state.ending) await ended();
  };

  // Disabled: nothing is shown and nothing given out; sealed logs wait for the account to come back.
  const lock = async (words) => {
    Object.assign(state, { locked: true, told: null });
    open = null;
    await state.store.forgetNames();
    await state.store.own({ ...(await state.store.owner()), locked: words });
    const own = await unsent();
    show("home");
    say("locked", own ? `${words}未上传的 ${own} 条仍加密留在本机，账号恢复后登录即上传，满72小时清除。` : words, "m-late");
    at("export").hidden = at("export-here").hidden = true;
    phone.stopSending();
    await redraw();
  };

  // Her seat is over: what waits is handed in first (it is put aside for the unit), then all is wiped.
  const ended = async () => {
    state.ending = true;
    state.told = null;
    await state.store.forgetNames();
    await phone.send();
    await forget("您现在没有联系对子的任职，");
  };
  // Wipes at once where nothing would be lost; else she is told, and may export first.
  const forget = async (why) => {
    const own = await unsent();
    if (!own) {
      await state.store.wipe();
      say("wiped", `${why}本机内容已清除。`, "m-late");
    } else {
      say(
        "wiped", `${why}对子名单已清除。还有 ${own} 条没有上传：`, "m-late",
        button("导出未上传记录", exported), button("清除", async () => {
          const sure = await ask(`清除后这 ${own} 条不能恢复。`, [["yes", "清除", "m-do"], ["", "返回"]]);
          if (sure !== "yes") return;
          await state.store.wipe();
          say("wiped", "本机内容已清除。");
          await redraw();
        })
      );
    }
    await redraw();
  };

  const refresh = async () => {
    const answer = await phone.ask(urls.pairs, { headers: { "X-Phone": state.token } });
    if (answer.status === 200 && answer.told) {
      const told = answer.told;
      if (state.who && state.who !== told.who) open = null; // another person's page now
      Object.assign(state, { told, who: told.who, token: told.token, locked: false });
      state.skew = new Date(told.now).getTime() - Date.now();
      await state.store.own({ who: told.who, at: Date.now(), skew: state.skew });
      await state.store.keepNames(told.who, told);
      at("whose").textContent = told.name;
      for (const name of ["login", "net", "wiped", "locked", "strange"]) say(name, "");
      at("export").hidden = at("export-here").hidden = false;
      await redraw();
    } else if ([401, 403, 302].includes(answer.status)) await refused(answer);
    else if (answer.status) say("net", "服务器暂时不能打开，可以照常登记，稍后自动上传。", "m-late");
    else say("net", "没有网络。可以照常登记，联网后自动上传。");
    return answer.status;
  };

  // -- Leaving ------------------------------------------------------------------------------------------
  const leave = async () => {
    if (await unsent()) await phone.send();
    const own = await unsent();
    if (own) {
      const answer = await ask(`还有 ${own} 条没有上传，退出会清除本机内容，不能恢复。`, [
        ["export", "先导出未上传记录", "m-do"], ["leave", "仍然退出"], ["", "返回"],
      ]);
      if (answer === "export") await exported();
      if (answer !== "leave") return;
    }
    phone.stopSending();
    await state.store.wipe();
    localStorage.removeItem("phone-unsent");
    const form = made("form");
    Object.assign(form, { method: "post", action: urls.logout, hidden: true });
    const token = made("input");
    Object.assign(token, { type: "hidden", name: "csrfmiddlewaretoken", value: phone.csrf() });
    form.append(token);
    document.body.append(form);
    form.submit();
  };

  // -- Start ----------------------------------------------------------------------------------------------
  const start = async () => {
    document.documentElement.classList.toggle("elder", phone.elder());
    state.store = await phone.openStore();
    if (!state.store.sealed) say("unsealed", UNSEALED, "m-late");
    const owner = (await state.store.owner()) || null;
    state.who = phone.account() || (owner ? owner.who : "");
    const mine = owner && owner.who === state.who;
    const away = owner ? Math.abs(Date.now() - owner.at) / HOUR : 0;
    const hours = 72;
    if (mine) state.skew = owner.skew;
    if (away > hours) await state.store.forgetNames();
    if (away > 2 * hours) await state.store.wipe();
    await state.store.dropOthers(state.who, 2 * hours * HOUR);
    if (mine && owner.locked) await lock(owner.locked);
    const told = away > hours || state.locked ? null : await state.store.names(state.who);
    if (told) Object.assign(state, { told, token: told.token });
    await redraw();
    at("whose").textContent = told ? told.name : "";
    const status = await refresh();
    if (status === 200) await phone.send();
    else if (away > hours && !state.locked) await forget("已超过72小时没有连上服务器，");
    else if (away > 48 && (await unsent())) {
      say("soon", "已两天没有连上服务器，满72小时本机内容会清除，请尽快联网上传。", "m-late");
    }
    if (navigator.serviceWorker) navigator.serviceWorker.register(urls.worker).catch(() => {});
    if (navigator.storage && navigator.storage.persist) navigator.storage.persist().catch(() => {});
    document.documentElement.dataset.ready = "1";
  };

  at("log").addEventListener("submit", save);
  at("kinds").addEventListener("change", fitKind);
  at("back").addEventListener("click", close);
  at("leave").addEventListener("click", leave);
  at("export").addEventListener("click", exported);
  at("export-here").addEventListener("click", exported);
  at("send").addEventListener("click", () => phone.send());
  at("waiting").addEventListener("click", async () => {
    if (!at("log").hidden) close();
    at("queue").hidden = !at("queue").hidden;
    await redraw();
    if (!(await unsent())) say("saved", "没有待上传的记录。");
  });
  at("photo").addEventListener("change", async (event) => {
    const file = event.target.files[0];
    event.target.value = "";
    if (!file) return;
    try {
      setPhoto(await reduce(file));
    } catch (error) {
      setPhoto(null);
      at("log-error").textContent = "这张照片打不开，可换一张，也可以不带照片。";
    }
  });
  window.addEventListener("popstate", () => show("home"));
  const back = async () => {
    if (state.store && (await refresh()) === 200) await phone.send();
  };
  window.addEventListener("online", back);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") back();
  });
  start();
})();
