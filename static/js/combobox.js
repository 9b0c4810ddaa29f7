// The unit picker: a text field that finds units by name, initials or pinyin as one types.
// ↑ ↓ choose, Enter takes, Esc closes.  What fits nothing is kept as typed and said to be so.
(() => {
  "use strict";

  const WAIT = 160; // ms between a key and the question
  const VILLAGE = "未在村名库中，按所填文字保存待匹配";
  let serial = 0;

  const element = (tag, className, text) => {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  };

  const start = (box) => {
    if (box.dataset.ready) return;
    box.dataset.ready = "1";
    const input = box.querySelector(".combobox-input");
    const hidden = input.previousElementSibling;
    const said = box.querySelector(".combobox-say");
    const chips = box.querySelector(".combobox-chips");
    const multiple = "multiple" in box.dataset && chips;
    const LOOSE = box.dataset.loose || VILLAGE;
    const list = element("ul", "combobox-list");
    const id = `combobox-${(serial += 1)}`;
    let found = [];
    let at = -1;
    let timer = 0;
    let asked = 0; // only the newest answer counts
    let controller = null;

    list.id = id;
    list.hidden = true;
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "可选单位");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", id);
    box.append(list);

    const changed = () => box.dispatchEvent(new CustomEvent("portal:changed", { bubbles: true }));

    const say = (words, tone) => {
      said.className = `combobox-say${tone ? ` ${tone}` : ""}`;
      said.textContent = words;
    };

    const close = () => {
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };

    const point = (next) => {
      const lines = list.querySelectorAll('[role="option"]');
      if (!lines.length) return;
      at = (next + lines.length) % lines.length;
      lines.forEach((line, place) => line.setAttribute("aria-selected", String(place === at)));
      lines[at].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", lines[at].id);
    };

    const marked = (label, query) => {
      const holder = element("span");
      const start = query ? label.indexOf(query) : -1;
      if (start < 0) {
        holder.textContent = label;
        return holder;
      }
      holder.append(label.slice(0, start), element("mark", "", query), label.slice(start + query.length));
      return holder;
    };

    const show = (results, query) => {
      found = results;
      list.textContent = "";
      results.forEach((result, place) => {
        const line = element("li");
        line.id = `${id}-${place}`;
        line.setAttribute("role", "option");
        line.setAttribute("aria-selected", "false");
        line.append(marked(result.label, query));
        if (result.note) line.append(element("small", "", result.note));
        // mousedown, because a click comes after the field has lost focus and closed the list
        line.addEventListener("mousedown", (event) => {
          event.preventDefault();
          take(result);
        });
        list.append(line);
      });
      at = -1;
      input.removeAttribute("aria-activedescendant");
      list.hidden = results.length === 0;
      input.setAttribute("aria-expanded", String(results.length > 0));
      if (results.length) list.scrollIntoView({ block: "nearest" }); // from under the bar at the foot
      if (!results.length) say(multiple ? `${LOOSE}，按回车加入` : LOOSE, "loose");
      else say(`${results.length} 个可选，按 ↓ 选择`, "");
    };

    const search = async () => {
      const query = input.value.trim();
      if (!query) {
        close();
        say("", "");
        return;
      }
      const turn = (asked += 1);
      if (controller) controller.abort();
      controller = new AbortController();
      const address = new URL(box.dataset.url, location.href);
      address.searchParams.set("q", query);
      try {
        const answer = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin", signal: controller.signal });
        if (!answer.ok) throw new Error(String(answer.status));
        const { results } = await answer.json();
        if (turn === asked && document.activeElement === input) show(results, query);
      } catch (error) {
        if (error.name !== "AbortError" && turn === asked) {
          close();
          say("暂时查不到村名库，可先按文字填写", "loose");
        }
      }
    };

    const chip = (unit, text, note) => {
      const item = element("li", unit ? "" : "loose");
      for (const [part, value] of [["unit", unit], ["text", text]]) {
        const field = element("input");
        field.type = "hidden";
        field.name = `${box.dataset.name}_${part}`;
        field.value = value;
        item.append(field);
      }
      item.append(element("span", "", text));
      if (note || !unit) item.append(element("small", "", note || "待匹配"));
      chips.append(item);
      dress(item);
    };

    const dress = (item) => {
      const cross = element("button", "chip-x");
      cross.type = "button";
      cross.setAttribute("aria-label", `去掉 ${item.querySelector("span").textContent}`);
      window.portal.say(cross, "x-lg", "");
      cross.addEventListener("click", () => {
        item.remove();
        input.focus();
        changed();
      });
      item.append(cross);
    };

    const take = (result) => {
      window.clearTimeout(timer);
      asked += 1;
      if (multiple) {
        const units = Array.from(chips.querySelectorAll(`input[name="${box.dataset.name}_unit"]`), (field) => field.value);
        if (!units.includes(String(result.id))) chip(String(result.id), result.label, result.note);
        input.value = "";
        hidden.value = "";
        say(`已加入 ${result.label}`, "fit");
      } else {
        input.value = result.label;
        hidden.value = String(result.id);
        say(result.note ? `已选定：${result.note}` : "已选定", "fit");
      }
      close();
      changed();
    };

    const takeLoose = () => {
      const text = input.value.trim();
      if (!multiple || !text) return;
      asked += 1;
      chip("", text, "");
      input.value = "";
      say(LOOSE, "loose");
      changed();
    };

    input.addEventListener("input", () => {
      hidden.value = ""; // the text no longer is the unit that was chosen
      window.clearTimeout(timer);
      timer = window.setTimeout(search, WAIT);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing) return; // the input method is still at work
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (list.hidden) {
          if (input.value.trim()) search();
        } else point(event.key === "ArrowDown" ? at + 1 : at - 1);
        event.preventDefault();
      } else if (event.key === "Enter") {
        if (!list.hidden && at >= 0) take(found[at]);
        else if (multiple) takeLoose();
        else close();
        event.preventDefault(); // Enter in a picker never sends the form
      } else if (event.key === "Escape" && !list.hidden) {
        close();
        event.stopPropagation();
      } else if (event.key === "Backspace" && multiple && !input.value && chips.lastElementChild) {
        chips.lastElementChild.querySelector(".chip-x").focus();
      }
    });
    input.addEventListener("blur", () => {
      window.clearTimeout(timer);
      const text = input.value.trim();
      if (text && !hidden.value) {
        const exact = found.filter((result) => result.label === text);
        if (exact.length === 1) take(exact[0]);
        else if (multiple) takeLoose();
        else say(LOOSE, "loose");
      }
      close();
    });

    if (multiple) chips.querySelectorAll("li").forEach(dress);
    else if (input.value && !hidden.value) say(LOOSE, "loose");
  };

  const boot = (root) => root.querySelectorAll(".combobox").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => boot(document));
  else boot(document);
  document.addEventListener("htmx:afterSwap", (event) => boot(event.target));
})();
