import assert from "node:assert/strict"
import { test } from "node:test"
import { openFilesMax } from "./open-files.ts"

test("tells how many files may be open", () => {
  const { open_files: limit } = (process.report.getReport() as { readonly userLimits: Limits }).userLimits
  assert.equal(openFilesMax(), limit.soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(limit.soft))
})

interface Limits {
  readonly open_files: { readonly soft: number | "unlimited" }
}
