import assert from "node:assert/strict"
import { test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { Namespace } from "../../api/core/v1/namespace.ts"
import { StorageClass } from "../../api/storage/v1/storage-class.ts"
import { startTestBack } from "../../apiserver/resources/testing.ts"
import { giveLocalClass } from "./local-class.ts"

const warnings: string[] = []
const log = { warn: (text: string) => void warnings.push(text) }
const DEFAULT = "storageclass.kubernetes.io/is-default-class"

test("a cluster gets its class once: what somebody deletes stays away", async (t) => {
  const back = await startTestBack({ resources: [ConfigMap, Namespace, StorageClass] })
  t.after(() => back.close())
  const classes = back.client.of(StorageClass)
  const seen = async () =>
    (await classes.list()).items.map(({ metadata }) => [metadata.name, metadata.annotations?.[DEFAULT]])
  await giveLocalClass(back.client, log)
  assert.deepEqual(await seen(), [["local", "true"]])
  await giveLocalClass(back.client, log)
  await classes.delete({ name: "local" })
  await giveLocalClass(back.client, log)
  assert.deepEqual(await seen(), [])
  assert.deepEqual(warnings, [])
})

test("another default class stays the default", async (t) => {
  const back = await startTestBack({ resources: [ConfigMap, Namespace, StorageClass] })
  t.after(() => back.close())
  const annotations = { [DEFAULT]: "true" }
  await back.client
    .of(StorageClass)
    .create({ metadata: { name: "mine", annotations }, provisioner: "example.com/disk" })
  await giveLocalClass(back.client, log)
  const local = await back.client.of(StorageClass).get({ name: "local" })
  assert.equal(local.metadata.annotations?.[DEFAULT], "false")
})

test("a server starts without the class when that is refused", async (t) => {
  const back = await startTestBack({ resources: [ConfigMap, Namespace, StorageClass] })
  t.after(() => back.close())
  const refusing = () => {
    throw new Error("denied")
  }
  await giveLocalClass({ ...back.client, of: refusing }, log)
  assert.deepEqual(warnings, ["the storage class local could not be made"])
})
