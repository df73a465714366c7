import assert from "node:assert/strict"
import { test } from "node:test"
import { VolumeNameError } from "../../storage/storage.ts"
import { HttpError } from "./answer.ts"
import { changeVolumeFolder } from "./volume-folders.ts"

test("folders are made and removed by name, and nothing else", async () => {
  const done: string[] = []
  const volumeFolders = {
    async make(name: string) {
      if (name === "..") throw new VolumeNameError("no name")
      done.push(`make ${name}`)
      return `/data/${name}`
    },
    async remove(name: string) {
      done.push(`remove ${name}`)
    },
  }
  const ask = (method: string, name: string, folders: object = { volumeFolders }) =>
    changeVolumeFolder({ request: { method }, parts: ["volumeFolders", name], ...folders } as never)
  assert.deepEqual(await ask("PUT", "pvc-1"), { path: "/data/pvc-1" })
  assert.deepEqual(await ask("DELETE", "pvc-1"), {})
  assert.deepEqual(done, ["make pvc-1", "remove pvc-1"])
  const refused = (status: number) => (error: unknown) => error instanceof HttpError && error.status === status
  await assert.rejects(ask("PUT", ".."), refused(400))
  await assert.rejects(ask("PUT", "pvc-1", {}), refused(404))
})
