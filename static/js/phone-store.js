// What a phone keeps: the logs that the server has not acknowledged, and the names of one's pairs. Each
// account's are sealed (AES-GCM) under a key of its own that the browser holds and gives to nobody, a
// script of ours included. Where a browser cannot seal (plain http, old shells) logs live in the tab's
// own storage, unsealed, until it is closed; names are not kept at all.
(() => {
  "use strict";

  const phone = (window.phone = window.phone || {});
  const asked = (request) =>
    new Promise((yes, no) => {
      request.onsuccess = () => yes(request.result);
      request.onerror = () => no(request.error);
    });

  // -- IndexedDB ------------------------------------------------------------------------------------
  let opened = null;
  const database = () => {
    if (!opened) {
      const request = indexedDB.open("phone", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("kept", { keyPath: "id" });
        request.result.createObjectStore("queue", { keyPath: "key" });
      };
      opened = asked(request).then((found) => {
        // Another tab wipes, or the browser takes the storage away: open anew at the next question.
        found.onversionchange = found.onclose = () => {
          opened = null;
          found.close();
        };
        return found;
      });
      opened.catch(() => { opened = null; });
    }
    return opened;
  };

  // ``act(store)`` may await nothing but requests of its own store: the transaction would be over.
  const within = async (name, mode, act) => {
    const found = await database();
    const work = found.transaction(name, mode, { durability: "strict" });
    const over = new Promise((yes, no) => {
      work.oncomplete = yes;
      work.onerror = work.onabort = () => no(work.error || new Error("aborted"));
    });
    over.catch(() => {});
    const answer = await act(work.objectStore(name));
    await over;
    return answer;
  };
  const put = (name, row) => within(name, "readwrite", (store) => asked(store.put(row)));
  const get = (name, id) => within(name, "readonly", (store) => asked(store.get(id)));
  const all = (name) => within(name, "readonly", (store) => asked(store.getAll()));
  const remove = (name, id) => within(name, "readwrite", (store) => asked(store.delete(id)));

  // -- Sealing --------------------------------------------------------------------------------------
  const keys = {};
  const keyOf = async (who) => {
    if (keys[who]) return keys[who];
    const id = `key:${who}`;
    const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
    // Two tabs make one each: the first to write it wins, in one transaction.
    keys[who] = await within("kept", "readwrite", async (store) => {
      const there = await asked(store.get(id));
      if (!there) store.put({ id, key: made });
      return there ? there.key : made;
    });
    return keys[who];
  };
  const sealBytes = async (who, bytes) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await keyOf(who), bytes) };
  };
  const openBytes = async (who, held) =>
    crypto.subtle.decrypt({ name: "AES-GCM", iv: held.iv }, await keyOf(who), held.sealed);
  const seal = (who, told) => sealBytes(who, new TextEncoder().encode(JSON.stringify(told)));
  const unseal = async (who, held) => JSON.parse(new TextDecoder().decode(await openBytes(who, held)));

  const sealing = {
    sealed: true,
    owner: () => get("kept", "owner"),
    own: (row) => put("kept", { ...row, id: "owner" }),
    async names(who) {
      const row = await get("kept", `pairs:${who}`);
      return row ? unseal(who, row).catch(() => null) : null;
    },
    // The names of one account at a time: another's come again when she logs in.
    async keepNames(who, told) {
      for (const row of await all("kept")) {
        if (row.id.startsWith("pairs:") && row.id !== `pairs:${who}`) await remove("kept", row.id);
      }
      await put("kept", { id: `pairs:${who}`, ...(await seal(who, told)) });
    },
    async forgetNames() {
      for (const row of await all("kept")) if (row.id.startsWith("pairs:")) await remove("kept", row.id);
    },
    // Resolves when it is on the disk; ``state``: waiting, or refused with the words of the server.
    async add(who, entry, photo) {
      const row = { key: entry.key, who, at: Date.now(), state: "waiting", words: "", tries: 0 };
      Object.assign(row, await seal(who, entry));
      if (photo) row.photo = await sealBytes(who, await new Response(photo).arrayBuffer());
      await put("queue", row);
    },
    async list(who) {
      const rows = (await all("queue")).filter((row) => row.who === who);
      rows.sort((a, b) => a.tries - b.tries || a.at - b.at);
      for (const row of rows) row.entry = await unseal(who, row).catch(() => null);
      return rows;
    },
    async photo(row) {
      return row.photo ? new Blob([await openBytes(row.who, row.photo)], { type: "image/jpeg" }) : null;
    },
    count: async (test) => (await all("queue")).filter((row) => test(row.who)).length,
    // Whoever else wrote here and did not come back.
    async dropOthers(who, age) {
      for (const row of await all("queue")) {
        if (row.who !== who && Math.abs(Date.now() - row.at) > age) await remove("queue", row.key);
      }
    },
    // Reads and writes in one transaction: another tab may have dropped it meanwhile.
    change: (key, told) =>
      within("queue", "readwrite", async (store) => {
        const row = await asked(store.get(key));
        if (row) store.put(Object.assign(row, told));
      }),
    drop: (key) => remove("queue", key),
    async wipe() {
      for (const id of Object.keys(keys)) delete keys[id];
      for (const name of ["queue", "kept"]) await within(name, "readwrite", (store) => asked(store.clear()));
    },
    // One tab uploads at a time, for a minute at most; the next asks again.
    lease: (tab) =>
      within("kept", "readwrite", async (store) => {
        const held = await asked(store.get("lease"));
        if (held && held.tab !== tab && held.until > Date.now() && held.until < Date.now() + 120000) return false;
        store.put({ id: "lease", tab, until: Date.now() + 60000 });
        return true;
      }),
    release: (tab) =>
      within("kept", "readwrite", async (store) => {
        const held = await asked(store.get("lease"));
        if (held && held.tab === tab) store.delete("lease");
      }),
  };

  // -- Where nothing can be sealed --------------------------------------------------------------------
  const read = (name) => JSON.parse(sessionStorage.getItem(`phone-${name}`) || "null");
  const write = (name, told) => sessionStorage.setItem(`phone-${name}`, JSON.stringify(told));
  const rows = () => read("queue") || [];
  const tabOnly = {
    sealed: false,
    owner: async () => read("owner"),
    own: async (row) => write("owner", row),
    names: async () => null,
    keepNames: async () => {},
    forgetNames: async () => {},
    add: async (who, entry) => {
      const row = { key: entry.key, who, at: Date.now(), state: "waiting", words: "", tries: 0, entry };
      write("queue", [...rows().filter((other) => other.key !== entry.key), row]);
    },
    list: async (who) => rows().filter((row) => row.who === who).sort((a, b) => a.tries - b.tries || a.at - b.at),
    photo: async () => null,
    dropOthers: async () => {},
    count: async (test) => rows().filter((row) => test(row.who)).length,
    change: async (key, told) => write("queue", rows().map((row) => (row.key === key ? { ...row, ...told } : row))),
    drop: async (key) => write("queue", rows().filter((row) => row.key !== key)),
    wipe: async () => ["queue", "owner"].forEach((name) => sessionStorage.removeItem(`phone-${name}`)),
    lease: async () => true,
    release: async () => {},
  };

  // Asked once: a browser may know IndexedDB and refuse it (private windows).
  phone.openStore = async () => {
    if (window.indexedDB && window.crypto && crypto.subtle) {
      try {
        await get("kept", "owner");
        return sealing;
      } catch (error) {
        // the tab's storage, then
      }
    }
    return tabOnly;
  };

  // crypto.randomUUID is missing on plain http; getRandomValues is not.
  phone.uuid = () => {
    if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  };
})();
