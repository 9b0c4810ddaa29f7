// Every page: the CSRF header for htmx, asking before dangerous acts, folds, ticks, toasts, printing.
(() => {
  "use strict";

  const portal = (window.portal = window.portal || {});

  // crypto.randomUUID is missing on plain http; getRandomValues is not.
  portal.uuid = () => {
    if (window.crypto && typeof crypto.randomUUID === "function") return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };

  const cookie = (name) => {
    const kept = document.cookie.match(new RegExp(`(?:^|; )(?:__Host-|__Secure-)?${name}=([^;]+)`));
    return kept ? decodeURIComponent(kept[1]) : "";
  };

  // Another person has logged in beside this page: what was typed here is not hers.
  portal.strange = () => {
    const owner = document.querySelector('meta[name="account"]');
    const now = cookie("account");
    return Boolean(owner && now && owner.content !== now);
  };

  // The cookie is newer than the page when someone logged in again in another window; every token
  // on the page follows it, or the text typed here could never be sent. It does not follow another
  // person: with its old token the server refuses this page.
  portal.csrf = () => {
    const meta = document.querySelector('meta[name="csrf-token"]');
    const token = cookie("csrftoken");
    if (!token || portal.strange()) return meta ? meta.content : "";
    if (portal.seenToken !== undefined && portal.seenToken !== token) {
      if (meta) meta.content = token;
      for (const input of document.querySelectorAll('input[name="csrfmiddlewaretoken"]')) input.value = token;
    }
    portal.seenToken = token;
    return token;
  };
  portal.csrf();
  window.addEventListener("focus", () => portal.csrf());

  // An element of an icon and words; words are always text, never markup.
  portal.say = (target, iconName, words) => {
    target.textContent = "";
    if (iconName) {
      const icon = document.createElement("i");
      icon.className = `bi bi-${iconName}`;
      icon.setAttribute("aria-hidden", "true");
      target.append(icon);
    }
    target.append(words);
  };

  const ICONS = { success: "check-lg", info: "info-circle", warning: "exclamation-triangle", error: "exclamation-triangle" };

  portal.toast = (words, level = "info", seconds = 6) => {
    const tray = document.getElementById("toasts");
    if (!tray) return;
    const note = document.createElement("div");
    note.className = `note note-${level}`;
    const body = document.createElement("div");
    portal.say(note, ICONS[level], "");
    body.textContent = words;
    note.append(body);
    tray.append(note);
    window.setTimeout(() => note.remove(), seconds * 1000);
  };

  // -- htmx ---------------------------------------------------------------------------------------
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRFToken"] = portal.csrf();
  });
  document.addEventListener("htmx:sendError", () => {
    portal.toast("网络不通，请检查后再试。", "error");
  });
  document.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    if (status === 401 || status === 403) portal.toast("登录已过期或没有权限，请重新登录后再试。", "error");
    else if (status !== 404 && status !== 409) portal.toast("这一步没有办成，请稍后再试。", "error");
  });
  // A login page answered in place of a fragment means the session is over: go there whole.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const address = event.detail.xhr.responseURL || "";
    if (address.includes("/login/") && !location.pathname.startsWith("/login/")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
    // A form asked again in its own place, with what it lacks.
    if (event.detail.xhr.status === 422 && event.detail.target.classList.contains("masked")) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  // -- Another person's page ----------------------------------------------------------------------
  const STRANGE = "现在登录的是另一个账号，本页是别人填写的，没有送出。请退出后由本人登录再提交，所填内容仍在本页。";
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || !portal.strange() || new URL(form.action).pathname === "/logout/") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    form.sending = false;
    const line = form.id === "main-form" && document.getElementById("save-state");
    if (line) {
      line.dataset.tone = "late";
      portal.say(line, ICONS.error, STRANGE);
    } else portal.toast(STRANGE, "error", 15);
  }, true);

  // -- Asking with the name of the thing ----------------------------------------------------------
  const ask = (question, verb) =>
    new Promise((resolve) => {
      const dialog = document.createElement("dialog");
      if (typeof dialog.showModal !== "function") {
        resolve(window.confirm(question));
        return;
      }
      dialog.className = "ask";
      dialog.setAttribute("aria-labelledby", "ask-title");
      const body = document.createElement("div");
      body.className = "ask-body";
      const title = document.createElement("h2");
      title.id = "ask-title";
      title.textContent = question;
      body.append(title);
      const acts = document.createElement("div");
      acts.className = "ask-acts";
      const button = (words, look, answer) => {
        const made = document.createElement("button");
        made.type = "button";
        made.className = `btn ${look}`;
        made.textContent = words;
        made.addEventListener("click", () => dialog.close(answer));
        return made;
      };
      const back = button("返回", "btn-plain", "");
      acts.append(back, button(verb, "btn-primary", "yes"));
      dialog.append(body, acts);
      dialog.addEventListener("close", () => {
        resolve(dialog.returnValue === "yes");
        dialog.remove();
      });
      document.body.append(dialog);
      dialog.showModal();
      back.focus();
    });
  portal.ask = ask;

  // Logging out wipes what the phone's page keeps (static/js/phone.js); here only their number is known.
  const unsent = () => {
    try {
      return Number(localStorage.getItem("phone-unsent")) || 0;
    } catch (error) {
      return 0;
    }
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter || form.clickedButton || null;
    if (form.method === "post" && unsent() && new URL(form.action).pathname === "/logout/") {
      form.dataset.confirm = `手机页还有 ${unsent()} 条联系记录没有上传，退出会清除。请先到“我的对子”上传或导出。仍要退出吗？`;
      form.dataset.confirmVerb = "仍然退出";
    }
    const asking = button && button.dataset.confirm ? button : form.dataset.confirm ? form : null;
    if (asking && !form.answered) {
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(asking.dataset.confirm, asking.dataset.confirmVerb || "确定").then((yes) => {
        if (!yes) return;
        form.answered = true;
        if (button) button.click();
        else if (form.requestSubmit) form.requestSubmit();
        else form.submit();
        form.answered = false;
      });
      return;
    }
    // One press is one act: a second press while the first is on its way does nothing.
    if (form.method === "post" && !event.defaultPrevented) {
      if (form.sending) event.preventDefault();
      form.sending = true;
      window.setTimeout(() => { form.sending = false; }, 4000);
    }
  }, true);
  // event.submitter came with Chromium 81.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button && button.form) button.form.clickedButton = button;
  }, true);
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) form.sending = false;
  });

  // -- Folds --------------------------------------------------------------------------------------
  const folds = () => document.querySelectorAll("details.fold[open], details.save-query[open]");
  document.addEventListener("click", (event) => {
    for (const fold of folds()) if (!fold.contains(event.target)) fold.open = false;
    const unfold = event.target.closest("[data-unfold]");
    if (unfold) {
      const on = unfold.closest(".query").classList.toggle("unfolded");
      unfold.setAttribute("aria-expanded", String(on));
    }
    if (event.target.closest("[data-print]")) window.print();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const fold of folds()) {
        fold.open = false;
        fold.querySelector("summary").focus();
      }
    }
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      const search = document.querySelector("[data-slash]");
      if (search && search.offsetParent) {
        event.preventDefault();
        search.focus();
      }
    }
  });

  // -- Ticked rows and the bulk bar ---------------------------------------------------------------
  const ticks = () => Array.from(document.querySelectorAll('input[type="checkbox"][name="row"]'));
  const refreshBulk = () => {
    const all = ticks();
    const on = all.filter((tick) => tick.checked);
    for (const tick of all) tick.closest("tr").classList.toggle("picked", tick.checked);
    const bar = document.getElementById("bulk-form");
    if (bar) {
      bar.classList.toggle("on", on.length > 0);
      const count = bar.querySelector("[data-bulk-count]");
      if (count) count.textContent = String(on.length);
    }
    for (const head of document.querySelectorAll("[data-tick-all], thead th.tick input")) {
      head.checked = all.length > 0 && on.length === all.length;
      head.indeterminate = on.length > 0 && on.length < all.length;
    }
  };
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.matches("[data-tick-all], thead th.tick input")) {
      for (const tick of ticks()) tick.checked = input.checked;
      refreshBulk();
    } else if (input.name === "row") refreshBulk();
  });
  // The whole cell is the target: a box of 18 px is too small for a thumb.
  document.addEventListener("click", (event) => {
    const cell = event.target.matches("td.tick, th.tick, td.gutter, th.gutter") ? event.target : null;
    const tick = cell && cell.querySelector('input[type="checkbox"]');
    if (tick) tick.click();
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-bulk-clear]")) return;
    event.preventDefault();
    for (const tick of ticks()) tick.checked = false;
    refreshBulk();
  });

  // -- Once the page is there ---------------------------------------------------------------------
  const start = () => {
    const lead = document.querySelector("[data-focus]");
    if (lead) lead.focus();
    if (document.getElementById("bulk-form")) {
      for (const tick of ticks()) if (!tick.form) tick.setAttribute("form", "bulk-form");
    }
    refreshBulk();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
  document.addEventListener("htmx:afterSwap", refreshBulk);
})();
