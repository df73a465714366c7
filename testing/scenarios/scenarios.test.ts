import assert from "node:assert/strict"
import { globSync, readFileSync, writeFileSync } from "node:fs"
import { basename } from "node:path"
import { test } from "node:test"
import { fileURLToPath } from "node:url"
import { runScenario } from "./run-scenario.ts"
import { formatScenario, parseScenario } from "./scenario-file.ts"

/** `UPDATE=1` writes what happens now into the files; read the difference before you keep it. */
const isUpdate = process.env["UPDATE"] === "1"

for (const file of globSync(fileURLToPath(new URL("*.txt", import.meta.url))).toSorted()) {
  test(basename(file, ".txt"), async () => {
    const text = readFileSync(file, "utf8")
    const now = formatScenario(await runScenario(parseScenario(text)))
    if (isUpdate) writeFileSync(file, now)
    else assert.equal(now, text, `${file} tells another story; UPDATE=1 writes it down`)
  })
}
