import assert from "node:assert/strict"
import { test } from "node:test"
import type { Client } from "../../client/client.ts"
import { reviewTokens } from "./review-tokens.ts"

test("good tokens are remembered for two minutes, bad ones are asked about again", async () => {
  const asked: string[] = []
  const client = {
    of: () => ({
      async create({ spec: { token } }: { spec: { token: string } }) {
        asked.push(token)
        const user = { username: "robot", groups: ["robots"], uid: "u" }
        return { status: token === "good" ? { authenticated: true, user } : { authenticated: false } }
      },
    }),
  } as unknown as Client
  let nowMs = 0
  const authenticate = reviewTokens(client, { monotonicMs: () => nowMs })
  const robot = { name: "robot", groups: ["robots"], uid: "u" }
  assert.deepEqual(await authenticate("good"), robot)
  assert.deepEqual(await authenticate("good"), robot)
  assert.equal(await authenticate("bad"), undefined)
  assert.equal(await authenticate("bad"), undefined)
  nowMs = 120_001
  await authenticate("good")
  assert.deepEqual(asked, ["good", "bad", "bad", "good"])
})
