import assert from "node:assert/strict"
import { test } from "node:test"
import { ConfigMap } from "../../api/core/v1/config-map.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { startTestBack, type TestBack } from "./testing.ts"

const prefixed = { metadata: { namespace: "default", generateName: "web-" } }
const create = async ({ client }: TestBack) => (await client.of(ConfigMap).create(prefixed)).metadata.name

/** Draws these endings, one after the other; the last one for ever. */
async function drawing(...letters: readonly number[]): Promise<TestBack> {
  const platform = createSimPlatform({ seed: 1 })
  let drawn = 0
  const int = () => letters[Math.min(Math.floor(drawn++ / 5), letters.length - 1)] ?? 0
  return startTestBack({ platform: { ...platform, random: { ...platform.random, int } } })
}

test("a generated name that is taken is drawn again", async () => {
  const back = await drawing(0, 0, 0, 1)
  assert.deepEqual([await create(back), await create(back)], ["web-bbbbb", "web-ccccc"])
  await back.close()
})

test("when every name that was drawn is taken, the client shall come again", async () => {
  const back = await drawing(0)
  await create(back)
  await assert.rejects(create(back), {
    code: 409,
    reason: "AlreadyExists",
    message: 'configmaps "web-bbbbb" already exists, the server was not able to generate a unique name for the object',
    details: { name: "web-bbbbb", group: "", kind: "configmaps", retryAfterSeconds: 1 },
  })
  await back.close()
})
