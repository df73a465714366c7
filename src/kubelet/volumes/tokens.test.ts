import assert from "node:assert/strict"
import { test } from "node:test"
import type { Pod } from "../../api/core/v1/pod.ts"
import { serviceUnavailable } from "../../machinery/status/errors.ts"
import { createSimPlatform } from "../../platform/sim/platform.ts"
import { createPodTokens } from "./tokens.ts"

const pod = { metadata: { name: "web", namespace: "default", uid: "u1" }, spec: {} } as unknown as Pod
const LIFE_SECONDS = 3607
const projection = { path: "token", expirationSeconds: LIFE_SECONDS }
const start = Date.parse("2026-11-21T10:00:00Z")

/** A token as the API server makes it, as far as its times and its pod go. */
function tokenOf(podUid: string, issuedAtMs: number, lifeSeconds = 31_536_000): string {
  const claims = {
    iat: issuedAtMs / 1000,
    exp: issuedAtMs / 1000 + lifeSeconds,
    "kubernetes.io": { pod: { uid: podUid } },
  }
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.c2ln`
}

const minutes = (count: number): number => count * 60_000
const cases: readonly { name: string; written: string | undefined; answer: string }[] = [
  { name: "one of the pod serves on", written: tokenOf("u1", start - minutes(40)), answer: "written" },
  { name: "one past 80% of its life is replaced", written: tokenOf("u1", start - minutes(49)), answer: "fresh" },
  { name: "one that was given less is replaced", written: tokenOf("u1", start - minutes(20), 600), answer: "fresh" },
  { name: "one of another pod is replaced", written: tokenOf("u2", start), answer: "fresh" },
  { name: "what is no token is replaced", written: "cut o", answer: "fresh" },
  { name: "an empty file is replaced", written: "", answer: "fresh" },
  { name: "without a file there is a new one", written: undefined, answer: "fresh" },
]

for (const { name, written, answer } of cases) {
  test(`a token that an earlier agent wrote: ${name}`, async () => {
    const tokens = createPodTokens(createSimPlatform({ seed: 1, startMs: start }), async () => ({
      token: "fresh",
      expirationTimestamp: new Date(start + LIFE_SECONDS * 1000).toISOString(),
    }))
    const { token } = await tokens.get(pod, projection, () => written)
    assert.equal(token, answer === "written" ? written : "fresh")
    assert.equal((await tokens.get(pod, projection, () => assert.fail("it is held already"))).token, token)
  })
}

test("while the server is away a written token serves until its end, and then fails by name", async () => {
  const platform = createSimPlatform({ seed: 1, startMs: start })
  const tokens = createPodTokens(platform, async () => {
    throw serviceUnavailable("connection refused")
  })
  const written = tokenOf("u1", start - minutes(50))
  assert.equal((await tokens.get(pod, projection, () => written)).token, written)
  await platform.clock.advance(minutes(11))
  await assert.rejects(
    tokens.get(pod, projection, () => written),
    /expired and refresh failed: connection refused/,
  )
})
