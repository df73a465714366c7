import assert from "node:assert/strict"
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { type TestContext, test } from "node:test"
import { NetworkConfigurationError, readNetworkConfiguration } from "./network-configuration.ts"

function folder(t: TestContext, files: Readonly<Record<string, unknown>>): string {
  const dir = mkdtempSync(join(tmpdir(), "gantry-cni-"))
  t.after(() => rmSync(dir, { recursive: true }))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true })
    writeFileSync(join(dir, name), typeof content === "string" ? content : JSON.stringify(content))
  }
  return dir
}
const bridge = { type: "bridge" }
const defaults = { disableCheck: false, disableGC: false }

const cases: readonly {
  readonly name: string
  readonly files: Readonly<Record<string, unknown>>
  readonly found: unknown
}[] = [
  { name: "nothing", files: { "readme.txt": "" }, found: undefined },
  { name: "nothing but a folder", files: { "a.conflist/b.conflist": "{" }, found: undefined },
  {
    name: "the first file by name, as a list",
    files: {
      "20-b.conflist": { cniVersion: "1.0.0", name: "second", plugins: [bridge] },
      "10-a.conflist": {
        cniVersion: "1.0.0",
        name: "first",
        disableCheck: true,
        disableGC: "TRUE",
        plugins: [bridge, { type: "portmap" }],
      },
    },
    found: {
      cniVersion: "1.0.0",
      name: "first",
      disableCheck: true,
      disableGC: true,
      plugins: [bridge, { type: "portmap" }],
    },
  },
  {
    name: "one plugin, in the old form",
    files: { "a.conf": { name: "old", type: "bridge", ipMasq: true } },
    found: { cniVersion: "0.2.0", name: "old", ...defaults, plugins: [{ name: "old", type: "bridge", ipMasq: true }] },
  },
  {
    name: "the newest version that both know",
    files: { "a.conflist": { cniVersion: "0.4.0", cniVersions: ["1.2.0", "1.1.0"], name: "n", plugins: [bridge] } },
    found: { cniVersion: "1.1.0", name: "n", ...defaults, plugins: [bridge] },
  },
  {
    name: "plugins beside the list",
    files: {
      "a.conflist": { cniVersion: "1.1.0", name: "n", plugins: [bridge] },
      "n/5-tuning.conf": { type: "tuning" },
    },
    found: { cniVersion: "1.1.0", name: "n", ...defaults, plugins: [bridge, { type: "tuning" }] },
  },
  {
    name: "no plugins beside the list when it says so",
    files: {
      "a.conflist": { cniVersion: "1.1.0", name: "n", loadOnlyInlinedPlugins: true, plugins: [bridge] },
      "n/5-tuning.conf": { type: "tuning" },
    },
    found: { cniVersion: "1.1.0", name: "n", ...defaults, plugins: [bridge] },
  },
]
for (const { name, files, found } of cases) {
  test(name, (t) => assert.deepEqual(readNetworkConfiguration(folder(t, files)), found))
}

const refused: readonly [name: string, content: unknown, words: RegExp][] = [
  ["no JSON", "{", /a\.conflist: /],
  ["a list", [], /found no object/],
  ["no name", { cniVersion: "1.0.0", plugins: [bridge] }, /found the name undefined/],
  ["a name that is no file's", { name: "../n", plugins: [bridge] }, /found the name "\.\.\/n"/],
  ["no plugins", { cniVersion: "1.0.0", name: "n", plugins: [] }, /found no plugins/],
  ["a plugin without type", { cniVersion: "1.0.0", name: "n", plugins: [{}] }, /found a plugin of type undefined/],
  ["a plugin that is a path", { name: "n", plugins: [{ type: "../sh" }] }, /found a plugin of type "\.\.\/sh"/],
  ["a flag that is none", { name: "n", disableGC: 1, plugins: [bridge] }, /found disableGC: 1, expected true or false/],
  ["a version of the future", { cniVersion: "9.0.0", name: "n", plugins: [bridge] }, /found cniVersion 9\.0\.0/],
]
for (const [name, content, words] of refused) {
  test(`${name} is refused`, (t) => {
    const dir = folder(t, { "a.conflist": content })
    const isRight = (error: unknown) => error instanceof NetworkConfigurationError && words.test(error.message)
    assert.throws(() => readNetworkConfiguration(dir), isRight)
  })
}
