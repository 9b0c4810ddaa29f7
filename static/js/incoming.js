// 带入来件: files are dragged or chosen, sent one by one with their progress, then read.
(() => {
  "use strict";

  const portal = window.portal;
  const form = document.getElementById("drop-form");
  if (!form) return;
  const input = document.getElementById("id_files");
  const drop = document.getElementById("drop");
  const list = document.getElementById("drop-list");
  const send = document.getElementById("drop-send");
  const chosen = [];

  const line = (file) => {
    const item = document.createElement("li");
    const name = document.createElement("span");
    name.textContent = file.name;
    const bar = document.createElement("progress");
    bar.max = 100;
    bar.value = 0;
    bar.setAttribute("aria-label", `${file.name} 上传进度`);
    const word = document.createElement("span");
    word.className = "muted";
    word.textContent = "待上传";
    item.append(name, bar, word);
    list.append(item);
    return { file, item, bar, word, sent: false };
  };

  const add = (files) => {
    for (const file of files) {
      const known = chosen.some((one) => one.file.name === file.name && one.file.size === file.size);
      if (!known) chosen.push(line(file));
    }
  };

  input.addEventListener("change", () => {
    add(input.files);
    input.value = "";
  });
  for (const name of ["dragenter", "dragover"]) {
    drop.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    add(event.dataTransfer.files);
  });

  // A promise of {status, body}; `watch` is told the share that has left, 0 to 100.
  const post = (url, data, watch) =>
    new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.setRequestHeader("X-CSRFToken", portal.csrf());
      request.setRequestHeader("X-Idempotency-Key", portal.uuid());
      if (watch) request.upload.addEventListener("progress", (event) => {
        if (event.lengthComputable) watch(Math.floor((event.loaded * 100) / event.total));
      });
      request.addEventListener("load", () => {
        let body = {};
        try { body = JSON.parse(request.responseText); } catch (error) { body = {}; }
        resolve({ status: request.status, body });
      });
      request.addEventListener("error", () => reject(new Error("network")));
      request.send(data);
    });

  const refuse = (one, sentence) => {
    one.word.textContent = "没有收下";
    one.word.className = "tone-late";
    tell(one, sentence);
  };

  const tell = (one, sentence) => {
    const said = document.createElement("span");
    said.className = "drop-error";
    said.textContent = sentence;
    one.item.append(said);
  };

  const sendOne = async (url, one) => {
    one.word.textContent = "正在上传";
    const data = new FormData();
    data.append("files", one.file);
    const answer = await post(url, data, (share) => { one.bar.value = share; });
    one.sent = true;
    if (answer.status === 200) {
      one.bar.value = 100;
      one.kept = true;
      one.word.textContent = "已上传";
      one.word.className = "tone-ok";
      for (const sentence of answer.body.refused || []) tell(one, sentence);
    } else refuse(one, answer.body.error || "这个文件没有收下，请稍后再试。");
  };

  const read = (url) => {
    const go = document.createElement("form");
    go.method = "post";
    go.action = url;
    for (const [name, value] of [["csrfmiddlewaretoken", portal.csrf()], ["idempotency_key", portal.uuid()]]) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      go.append(field);
    }
    document.body.append(go);
    go.submit();
  };

  let urls = null;
  form.addEventListener("submit", async (event) => {
    if (!chosen.length) return; // nothing chosen: the server says so
    event.preventDefault();
    if (portal.strange()) return;
    send.disabled = true;
    try {
      if (!urls) {
        const data = new FormData(form);
        data.delete("files");
        data.append("begin", "1");
        const begun = await post(form.action || location.href, data);
        if (begun.status !== 200 || !begun.body.add) {
          portal.toast("没有开始上传：请检查收到日期，或刷新页面后再试。", "error", 12);
          send.disabled = false;
          return;
        }
        urls = begun.body;
      }
      for (const one of chosen) if (!one.sent) await sendOne(urls.add, one);
    } catch (error) {
      portal.toast("网络不通，已传的文件都在；请检查后再点一次，从断开处继续。", "error", 12);
      send.disabled = false;
      return;
    }
    const kept = chosen.filter((one) => one.kept).length;
    if (!kept) {
      send.disabled = false;
      urls = null;
    } else if (kept === chosen.length || send.dataset.partly) read(urls.read);
    else {
      send.disabled = false;
      send.dataset.partly = "1";
      portal.say(send, "arrow-right", `读取已上传的 ${kept} 个文件`);
    }
  });
})();
