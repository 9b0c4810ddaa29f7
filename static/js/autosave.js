// Drafts kept on the server as one types.  The form's data-autosave-url takes the whole form; the
// answer is {version, saved_at}, or 409 {conflict_url}.  Until the server has said yes, the page
// says so, tries again, and asks before it is left.  Nothing is written to the browser's storage:
// office machines are shared.  Before any form is sent, the page asks whether one is still logged in:
// what was typed must not end at the login page.
(() => {
  "use strict";

  const WAIT = 900; // ms of quiet before a save
  const RETRY = [2000, 4000, 8000, 15000];

  const EXPIRED = [
    "登录已过期，所填内容仍在本页。登录后再点一次即可。",
    { href: "/login/", words: "在新窗口登录", tab: true },
  ];

  const NOT_HERS = [
    "没有送出：这份表现在不由您填写，您的任职可能已经变动。所填内容仍在本页，请先复制留存。",
    { href: "/", words: "回工作台" },
  ];

  // 204 while one is logged in, 401 when not, 403 while something else comes first, 0 when nobody answers.
  let owed = EXPIRED;
  const session = async () => {
    try {
      const answer = await fetch("/session/", { credentials: "same-origin", cache: "no-store" });
      owed = EXPIRED;
      if (answer.status === 403) {
        const first = await answer.json();
        if (first.url === window.location.pathname) return 204; // this very page does it
        owed = [
          `${first.words}，所填内容仍在本页。办好后再点一次即可。`,
          { href: first.url, words: "在新窗口办理", tab: true },
        ];
      }
      return answer.status;
    } catch (error) {
      return 0;
    }
  };

  // Whether this very page would still be opened to her: her post may have ended while she typed.
  const stillHers = async () => {
    try {
      const asked = { method: "HEAD", credentials: "same-origin", cache: "no-store", redirect: "manual" };
      return ![403, 404].includes((await fetch(location.href, asked)).status);
    } catch (error) {
      return true; // the sending itself will tell
    }
  };

  const tell = (tone, icon, words, link) => {
    const line = document.getElementById("save-state");
    if (!line) return;
    line.dataset.tone = tone;
    window.portal.say(line, icon, words);
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link.href;
      anchor.textContent = link.words;
      anchor.className = "ms-2";
      if (link.tab) {
        anchor.target = "_blank";
        anchor.rel = "noopener";
      }
      line.append(anchor);
    }
  };

  const start = (form) => {
    const portal = window.portal;
    const line = document.getElementById("save-state");
    let dirty = false; // typed since the last save began
    let saving = false;
    let stopped = false; // a conflict: only the person can go on
    let timer = 0;
    let failures = 0;
    let leaving = false;
    let key = ""; // one key per content: a repeat of the same save is the same save

    const later = (delay) => {
      window.clearTimeout(timer);
      timer = window.setTimeout(save, delay);
    };

    const failed = (words, link) => {
      dirty = true;
      tell("late", "exclamation-triangle", words, link);
      later(RETRY[Math.min(failures, RETRY.length - 1)]);
      failures += 1;
    };

    async function save() {
      if (stopped || leaving || !dirty) return;
      if (saving || form.asking) {
        later(WAIT);
        return;
      }
      if (portal.strange()) {
        failed("未保存：现在登录的是另一个账号。请退出后由本人登录，所填内容仍在本页。");
        return;
      }
      saving = true;
      dirty = false;
      key = key || portal.uuid();
      tell("", "arrow-repeat", "正在保存…");
      let answer;
      try {
        const token = portal.csrf(); // before FormData: it renews the form's own token too
        const typed = new FormData(form);
        // Files go with the button beside them: not again at every pause of typing.
        for (const input of form.querySelectorAll('input[type="file"]')) typed.delete(input.name);
        answer = await fetch(form.dataset.autosaveUrl, {
          method: "POST",
          body: typed,
          headers: { "X-CSRFToken": token, "X-Idempotency-Key": key, "X-Requested-With": "fetch", Accept: "application/json" },
          credentials: "same-origin",
          redirect: "manual",
        });
      } catch (error) {
        saving = false;
        failed("未保存，网络不通，正在重试");
        return;
      }
      saving = false;
      if (answer.ok) {
        let kept;
        try {
          kept = await answer.json();
        } catch (error) {
          failed("未保存，正在重试");
          return;
        }
        key = "";
        failures = 0;
        for (const input of document.querySelectorAll('input[name="version"]')) input.value = kept.version;
        if (kept.base && form.elements.base) form.elements.base.value = kept.base;
        if (dirty) later(WAIT);
        // Kept but for a part that cannot stand as it is typed: said, and the rest is safe.
        if (kept.note) tell("warn", "exclamation-triangle", kept.note);
        else tell("ok", "check-lg", `已保存 ${kept.saved_at}`);
        form.dispatchEvent(new CustomEvent("portal:saved", { bubbles: true, detail: kept }));
      } else if (answer.status === 409) {
        stopped = true;
        dirty = true;
        let where = "";
        try {
          where = (await answer.json()).conflict_url || "";
        } catch (error) {
          where = "";
        }
        tell("late", "exclamation-triangle", "未保存：别人刚改过这份表。", null);
        if (where) offerConflict(where);
      } else if ((answer.status === 403 || answer.status === 404) && (await session()) === 204) {
        stopped = true;
        dirty = true;
        tell("late", "exclamation-triangle", NOT_HERS[0], NOT_HERS[1]);
      } else if (answer.status === 401 || answer.status === 403 || answer.type === "opaqueredirect") {
        await session(); // logged out, or something is owed first
        failed(`未保存：${owed[0]}`, owed[1]);
      } else if (answer.status >= 400 && answer.status < 500) {
        // Something typed cannot be kept as it stands; a repeat of the same would fail the same.
        dirty = true;
        key = "";
        let words = "未保存：有内容无法保存，请检查后继续填写。";
        try {
          words = (await answer.json()).error || words;
        } catch (error) {
          // the plain sentence stands
        }
        tell("late", "exclamation-triangle", words);
      } else {
        failed("未保存，正在重试");
      }
    }

    // The typed values go along in a POST, so that the page that compares has them.
    const offerConflict = (where) => {
      const button = document.createElement("button");
      button.type = "submit";
      button.className = "btn btn-return ms-2";
      button.textContent = "对照两边";
      button.setAttribute("formaction", where);
      button.setAttribute("form", form.id);
      line.append(button);
    };

    const typed = () => {
      key = "";
      if (stopped) return;
      dirty = true;
      if (failures === 0) tell("", "pencil", "正在填写…");
      later(failures ? RETRY[0] : WAIT);
    };

    form.addEventListener("input", typed);
    form.addEventListener("change", typed);
    form.addEventListener("portal:changed", typed);
    form.addEventListener("submit", (event) => {
      if (!event.defaultPrevented) {
        leaving = true;
        window.clearTimeout(timer);
      }
    });
    window.addEventListener("pageshow", () => { leaving = false; });
    window.addEventListener("online", () => { if (dirty) later(0); });
    document.addEventListener("visibilitychange", () => {
      // Back from logging in elsewhere, or about to go: no reason to wait longer.
      if (dirty && !stopped) later(0);
    });
    window.addEventListener("beforeunload", (event) => {
      if (leaving || (!dirty && !saving)) return;
      event.preventDefault();
      event.returnValue = "";
    });
    portal.saveNow = () => { dirty = true; return save(); };
  };

  // Asked before the form's other listeners: a save under way must go on when the form stays.
  const askFirst = (form) => {
    let asked = false; // the answer was yes, and the press is being repeated
    form.addEventListener("submit", async (event) => {
      const portal = window.portal;
      if (asked || event.defaultPrevented) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = event.submitter || form.clickedButton || null;
      form.asking = true; // no autosave in between: it would make this page's version an old one
      const status = await session();
      const hers = status !== 204 || !form.dataset.autosaveUrl || (await stillHers());
      form.asking = form.sending = false; // app.js counted this press as the one
      if (status === 401 || status === 403) {
        tell("late", "exclamation-triangle", owed[0], owed[1]);
        return;
      }
      if (status === 0) {
        tell("late", "exclamation-triangle", "网络不通，没有送出；所填内容仍在本页。");
        return;
      }
      if (!hers) {
        tell("late", "exclamation-triangle", NOT_HERS[0], NOT_HERS[1]);
        return;
      }
      portal.csrf(); // the token of the same person, who logged in anew
      asked = true;
      form.answered = true; // the question of a dangerous act was answered at the first press
      if (button) button.click();
      else if (form.requestSubmit) form.requestSubmit();
      else form.submit();
      asked = false;
      form.answered = false;
    });
  };

  const paper = (form) => {
    // 填写样式 and 表格样式 show the same fields: no need to fetch the page again.
    const links = document.querySelectorAll("[data-paper]");
    for (const link of links) {
      link.addEventListener("click", (event) => {
        event.preventDefault();
        form.classList.toggle("as-paper", link.dataset.paper === "on");
        for (const other of links) {
          if (other === link) other.setAttribute("aria-current", "true");
          else other.removeAttribute("aria-current");
        }
        window.history.replaceState(null, "", link.href);
      });
    }
  };

  const boot = () => {
    const form = document.getElementById("main-form");
    if (!form) return;
    paper(form);
    if (form.method === "post") askFirst(form);
    if (form.dataset.autosaveUrl) start(form);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", boot);
  else boot();
})();
